#include "profile/schema_metadata.h"

#define URL(name)                                                              \
  {                                                                            \
    "metadata." name, SHAPE_TEXT, FORM_URL                                     \
  }
#define LIST(name)                                                             \
  {                                                                            \
    "metadata." name, SHAPE_LIST, FORM_LINE, .max = 1024                       \
  }
#define BOOL(name)                                                             \
  {                                                                            \
    "metadata." name, SHAPE_BOOL                                               \
  }
#define ALIAS(name) URL("mtls_endpoint_aliases." name)

const struct member schema_metadata[] = {
    /* RFC 8414; `issuer` is the profile's own member */
    URL("authorization_endpoint"),
    URL("token_endpoint"),
    URL("jwks_uri"),
    URL("registration_endpoint"),
    LIST("scopes_supported"),
    LIST("response_types_supported"),
    LIST("response_modes_supported"),
    LIST("grant_types_supported"),
    LIST("token_endpoint_auth_methods_supported"),
    LIST("token_endpoint_auth_signing_alg_values_supported"),
    URL("service_documentation"),
    LIST("ui_locales_supported"),
    URL("op_policy_uri"),
    URL("op_tos_uri"),
    URL("revocation_endpoint"),
    LIST("revocation_endpoint_auth_methods_supported"),
    LIST("revocation_endpoint_auth_signing_alg_values_supported"),
    URL("introspection_endpoint"),
    LIST("introspection_endpoint_auth_methods_supported"),
    LIST("introspection_endpoint_auth_signing_alg_values_supported"),
    LIST("code_challenge_methods_supported"),
    /* OpenID Connect Discovery 1.0 §3, RP-Initiated Logout 1.0 §2.1 */
    URL("userinfo_endpoint"),
    URL("end_session_endpoint"),
    LIST("acr_values_supported"),
    LIST("subject_types_supported"),
    LIST("id_token_signing_alg_values_supported"),
    LIST("id_token_encryption_alg_values_supported"),
    LIST("id_token_encryption_enc_values_supported"),
    LIST("userinfo_signing_alg_values_supported"),
    LIST("display_values_supported"),
    LIST("claim_types_supported"),
    LIST("claims_supported"),
    LIST("claims_locales_supported"),
    LIST("prompt_values_supported"),
    BOOL("claims_parameter_supported"),
    BOOL("request_parameter_supported"),
    BOOL("request_uri_parameter_supported"),
    BOOL("require_request_uri_registration"),
    LIST("request_object_signing_alg_values_supported"),
    /* RFC 8628, 9126, 9101, 8705, 9449, 9207, 9396, 9728 */
    URL("device_authorization_endpoint"),
    URL("pushed_authorization_request_endpoint"),
    BOOL("require_pushed_authorization_requests"),
    BOOL("require_signed_request_object"),
    BOOL("tls_client_certificate_bound_access_tokens"),
    {"metadata.mtls_endpoint_aliases", SHAPE_OBJECT, .strict = true},
    ALIAS("token_endpoint"),
    ALIAS("revocation_endpoint"),
    ALIAS("introspection_endpoint"),
    ALIAS("device_authorization_endpoint"),
    ALIAS("pushed_authorization_request_endpoint"),
    ALIAS("registration_endpoint"),
    ALIAS("userinfo_endpoint"),
    LIST("dpop_signing_alg_values_supported"),
    BOOL("authorization_response_iss_parameter_supported"),
    LIST("authorization_details_types_supported"),
    LIST("protected_resources"),
    LIST("authorization_signing_alg_values_supported"),
    URL("backchannel_authentication_endpoint"),
    BOOL("client_id_metadata_document_supported"),
};
_Static_assert(ARRAY_LEN(schema_metadata) == SCHEMA_METADATA_COUNT,
               "the header's count");
