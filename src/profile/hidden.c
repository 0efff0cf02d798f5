#include "profile/hidden.h"

#include "base/attr.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Names without '-' and '_', in lower case. */
static const struct {
  const char *name;
  enum hidden_kind kind;
} names[] = {
    {"token", HIDDEN_TOKEN},
    {"apitoken", HIDDEN_TOKEN},
    {"authtoken", HIDDEN_TOKEN},
    {"bearer", HIDDEN_TOKEN},
    {"bearertoken", HIDDEN_TOKEN},
    {"personalaccesstoken", HIDDEN_TOKEN},
    {"privatetoken", HIDDEN_TOKEN},
    {"sessiontoken", HIDDEN_TOKEN},
    {"pat", HIDDEN_TOKEN},
    {"apikey", HIDDEN_TOKEN},
    {"xapikey", HIDDEN_TOKEN},
    {"accesskey", HIDDEN_TOKEN},
    {"secretkey", HIDDEN_TOKEN},
    {"password", HIDDEN_TOKEN},
    {"passwd", HIDDEN_TOKEN},
    {"passphrase", HIDDEN_TOKEN},
    {"pin", HIDDEN_TOKEN},
    {"cookie", HIDDEN_TOKEN},
    {"credential", HIDDEN_TOKEN},
    {"credentials", HIDDEN_TOKEN},
    {"authorization", HIDDEN_TOKEN},
    {"proxyauthorization", HIDDEN_TOKEN},
    {"jwt", HIDDEN_TOKEN},
    {"secret", HIDDEN_CLIENT_SECRET},
    {"clientsecret", HIDDEN_CLIENT_SECRET},
    {"appsecret", HIDDEN_CLIENT_SECRET},
    {"consumersecret", HIDDEN_CLIENT_SECRET},
    {"clientpassword", HIDDEN_CLIENT_SECRET},
    {"accesstoken", HIDDEN_SESSION},
    {"refreshtoken", HIDDEN_SESSION},
    {"idtoken", HIDDEN_SESSION},
    {"idtokenhint", HIDDEN_SESSION},
    {"registrationaccesstoken", HIDDEN_SESSION},
    {"clientassertion", HIDDEN_SESSION},
    {"assertion", HIDDEN_SESSION},
    {"subjecttoken", HIDDEN_SESSION},
    {"actortoken", HIDDEN_SESSION},
    {"devicecode", HIDDEN_SESSION},
    {"codeverifier", HIDDEN_SESSION},
    {"privatekey", HIDDEN_PRIVATE_KEY},
    {"signingkey", HIDDEN_PRIVATE_KEY},
    {"dpopkey", HIDDEN_PRIVATE_KEY},
    {"keypem", HIDDEN_PRIVATE_KEY},
};

enum hidden_kind hidden_by_name(const char *name)
{
  char plain[32];
  size_t len = 0;

  for (const char *c = name; *c; c++) {
    if (*c == '-' || *c == '_')
      continue;
    if (len + 1 == sizeof(plain))
      return HIDDEN_NOT;
    plain[len++] = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
  }
  plain[len] = '\0';
  for (size_t i = 0; i < ARRAY_LEN(names); i++)
    if (strcmp(names[i].name, plain) == 0)
      return names[i].kind;
  return HIDDEN_NOT;
}

/* A token has at least 16 characters behind its prefix, none of them blank. */
enum { TOKEN_BODY_MIN = 16 };

static const char *const prefixes[] = {
    "ghp_",     "gho_",     "ghu_",   "ghs_",      "ghr_",   "github_pat_",
    "glpat-",   "gldt-",    "gloas-", "glptt-",    "xoxa-",  "xoxb-",
    "xoxe-",    "xoxp-",    "xoxr-",  "xapp-",     "sk-",    "sk_live_",
    "sk_test_", "rk_live_", "ya29.",  "1//0",      "npm_",   "pypi-",
    "dop_v1_",  "shpat_",   "hf_",    "SG.",       "AIza",   "glsa_",
    "NRAK-",    "lin_api_", "ntn_",   "dckr_pat_", "ATATT3", "ATCTT3",
    "GOCSPX-",
};

static bool is_jwt(const char *text)
{
  const char *dot = strchr(text, '.');

  return strncmp(text, "eyJ", 3) == 0 && dot && strchr(dot + 1, '.');
}

bool hidden_by_value(const char *text)
{
  if (is_jwt(text) || strstr(text, "PRIVATE KEY-----"))
    return true;
  for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
    if (prefixes[i][0] != text[0])
      continue;
    size_t len = strlen(prefixes[i]);
    if (strncmp(text, prefixes[i], len) == 0)
      return strcspn(text + len, " \t/:") >= TOKEN_BODY_MIN;
  }
  return false;
}

const char *hidden_header(const char *name)
{
  static const char *const own[] = {
      "host",    "content-length",   "transfer-encoding", "connection",
      "te",      "proxy-connection", "keep-alive",        "upgrade",
      "trailer", "expect",           "http2-settings",    "dpop"};

  for (size_t i = 0; i < ARRAY_LEN(own); i++)
    if (strcasecmp(name, own[i]) == 0)
      return "is a header that fob sets itself";
  return NULL;
}

const char *hidden_parameter(const char *name)
{
  static const struct {
    const char *name, *instead;
  } refused[] = {
      {"client_id", "is the profile's client.id"},
      {"scope", "is the profile's scope"},
      {"resource", "is the profile's resource"},
      {"audience", "is the profile's audience"},
      {"authorization_details", "is the profile's authorization_details"},
      {"redirect_uri", "is one of login.redirect_uris"},
      {"prompt", "is the profile's login.prompt"},
      {"login_hint", "is given for one login, with --login-hint"},
      {"code_challenge", NULL},
      {"code_challenge_method", NULL},
      {"response_type", NULL},
      {"response_mode", NULL},
      {"state", NULL},
      {"nonce", NULL},
      {"code", NULL},
      {"grant_type", NULL},
      {"client_assertion_type", NULL},
      {"actor_token_type", NULL},
      {"request", NULL},
      {"request_uri", NULL},
      {"dpop_jkt", NULL},
      {"username", NULL},
      {"iss", NULL},
  };

  for (size_t i = 0; i < ARRAY_LEN(refused); i++)
    if (strcasecmp(name, refused[i].name) == 0)
      return refused[i].instead ? refused[i].instead
                                : "belongs to the protocol; fob sets it itself";
  if (hidden_by_name(name) != HIDDEN_NOT)
    return "is secret and has no place in a profile";
  return NULL;
}
