/* What the sandbox does when nobody has told it otherwise. */
#include "support/sandbox/sandbox.h"

/* The public keys of RFC 7515 A.3 and A.2, whose private ones are published
 * too (tests/support/keys.h). */
#define KEYS                                                                   \
  "{\"kty\": \"EC\", \"crv\": \"P-256\","                                      \
  " \"x\": \"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                   \
  " \"y\": \"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"                  \
  "{\"kty\": \"RSA\", \"e\": \"AQAB\", \"n\": "                                \
  "\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"    \
  "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47" \
  "soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R" \
  "2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8N" \
  "Aco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}"

static const char general_text[] =
    "{\"access_lifetime\": 3600, \"refresh_lifetime\": 2592000,"
    " \"code_lifetime\": 60, \"expires_in\": true, \"token_type\": \"Bearer\","
    " \"rotation\": true, \"reuse_revokes\": true, \"refresh_tokens\": true,"
    " \"refresh_needs_offline\": false, \"token_suffix\": \"\","
    " \"alg\": \"ES256\", \"jwks_decoys\": false, \"iss\": true,"
    " \"client_documents\": false, \"client_document\": null,"
    " \"registration\": \"off\", \"registration_auth\": null,"
    " \"registration_secret_lifetime\": 0,"
    " \"registration_management\": true,"
    " \"api_metadata\": \"challenge\","
    " \"forms\": \"oidc oauth\", \"prefix\": \"\", \"consent\": \"auto\","
    " \"grant_scope\": null, \"acr\": null, \"auth_age\": 0,"
    " \"jarm\": \"\", \"jarm_answer\": {\"signature\": \"valid\","
    "   \"header\": {}},"
    " \"par\": \"\", \"par_lifetime\": 60, \"jar\": \"\","
    " \"mtls\": false,"
    " \"details_types\": null, \"grant_details\": null,"
    " \"scopes\": [\"openid\", \"profile\", \"email\", \"offline_access\","
    "              \"api:read\", \"api:write\"],"
    " \"account\": {\"sub\": \"user-1\", \"login\": \"ann\","
    "               \"email\": \"ann@example.test\", \"name\": \"Ann "
    "Example\"},"
    " \"exchange\": {\"open\": true, \"refresh\": false,"
    "                 \"audiences\": [\"https://api.example.test\"]},"
    " \"identity\": {\"request_token\": \"test-request-token-not-real\","
    "                \"lifetime\": 300, \"audience\": null,"
    "                \"sub\": \"repo:octo/demo:ref:refs/heads/main\"},"
    " \"user\": \"ann@example.test\", \"password\": \"test-password-not-real\","
    " \"device\": {\"interval\": 1, \"expires_in\": 600, \"after\": 1,"
    "              \"decision\": \"allow\", \"strict\": true},"
    " \"pat\": \"test-pat-not-real-0123456789\","
    " \"pat_scope\": \"repo, read:org\","
    " \"pat_expires\": \"2127-02-01 10:00:00 UTC\","
    " \"api_key\": \"test-api-key-not-real\","
    " \"access_jwt\": \"\", \"userinfo_signed\": \"\","
    " \"vendor\": {},"
    " \"pages\": {\"size\": 3, \"total\": 10, \"pad\": 0, \"last\": false,"
    "             \"next\": null, \"short\": -1, \"at\": 1,"
    "             \"repeat\": false, \"refuse\": false},"
    " \"dpop\": {\"required\": false, \"nonce\": \"\", \"rotate\": false,"
    "            \"endless\": false, \"window\": 60},"
    " \"id_token\": {\"signature\": \"valid\", \"header\": {}}}";

static const char clients_text[] =
    "{"
    "   \"fob-demo\": {\"redirect_uris\": [\"http://127.0.0.1/callback\","
    "     \"http://[::1]/callback\", \"http://localhost/callback\","
    "     \"https://app.example.test/callback\"],"
    "     \"post_logout_redirect_uris\": [\"http://127.0.0.1/logout\"]},"
    "   \"fob-web\": {\"secret\": \"test-secret-not-real\","
    "     \"redirect_uris\": [\"http://127.0.0.1/callback\"]},"
    "   \"fob-service\": {\"secret\": \"test-secret-not-real\","
    "     \"redirect_uris\": [], \"scope\": \"api:read api:write\"},"
    "   \"fob-ci\": {\"identity\": \"repo:octo/demo:ref:refs/heads/main\","
    "     \"redirect_uris\": [], \"scope\": \"api:read api:write\"},"
    "   \"fob service:%\": {\"secret\": \"test+secret not%real:\","
    "     \"redirect_uris\": [], \"scope\": \"api:read\"},"
    "   \"fob-hs256\": {\"auth\": \"client_secret_jwt\","
    "     \"secret\": \"test-secret-not-real-of-32-bytes-\","
    "     \"redirect_uris\": [\"http://127.0.0.1/callback\"],"
    "     \"scope\": \"api:read api:write\"},"
    "   \"fob-tls\": {\"auth\": \"tls_client_auth\","
    "     \"redirect_uris\": [\"http://127.0.0.1/callback\"],"
    "     \"scope\": \"api:read api:write\"},"
    "   \"fob-jwt\": {\"auth\": \"private_key_jwt\","
    "     \"redirect_uris\": [\"http://127.0.0.1/callback\"],"
    "     \"jwt_bearer\": [\"fob-jwt\", \"ann\"],"
    "     \"scope\": \"api:read api:write\", \"jwks\": {\"keys\": [" KEYS "]}},"
    "   \"robot@p.example\": {\"audience\": \"token_endpoint\","
    "     \"jwt_bearer\": [\"\", \"ann@p.example\"], \"redirect_uris\": [],"
    "     \"scope\": \"api:read\", \"jwks\": {\"keys\": [" KEYS "]}}}";

/* What of its answers can be patched. */
static const char *const patched[] = {
    "jarm",          "query",        "metadata", "resource",
    "jwks",          "par",          "callback", "registration",
    "token",         "id_token",     "device",   "userinfo",
    "introspection", "access_token", "identity", "identity_answer",
    "impersonation", "logout"};

json_t *settings_default(void)
{
  json_t *settings =
      need(json_loads(general_text, JSON_REJECT_DUPLICATES, NULL),
           "reading the built-in settings");
  json_t *clients = need(json_loads(clients_text, JSON_REJECT_DUPLICATES, NULL),
                         "reading the built-in clients");
  json_t *patch = need(json_object(), "memory");

  for (size_t i = 0; i < sizeof(patched) / sizeof(patched[0]); i++)
    must(json_object_set_new(patch, patched[i], json_object()) == 0, "memory");
  must(json_object_set_new(settings, "clients", clients) == 0, "memory");
  must(json_object_set_new(settings, "patch", patch) == 0, "memory");
  return settings;
}
