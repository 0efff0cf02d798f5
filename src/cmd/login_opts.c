/* The option table of `fob login`, and what its --help says below it. */
#include "cmd/login.h"

#define AT(member) offsetof(struct login_options, member)

const struct opt login_opts[] = {
    OPT_GROUP("ways to log in, at most one"),
    {"browser", 0, OPT_OPTIONAL, AT(browser), "CMD",
     "log in with a browser (the default on a terminal), started by CMD",
     OPT_METHOD, NULL, 0},
    {"device", 0, OPT_FLAG, AT(device), NULL,
     "log in with a browser on any device, by a code that is shown here",
     OPT_METHOD, NULL, 0},
    {"paste", 0, OPT_FLAG, AT(paste), NULL,
     "log in with a browser elsewhere and paste the last page's address",
     OPT_METHOD, NULL, 0},
    {"pat", 0, OPT_OPTIONAL, AT(pat), "FILE|-",
     "keep a personal access token, API key or password: asked for hidden, or "
     "read from FILE or standard input",
     OPT_METHOD | OPT_VALUE_SECRET, NULL, COMPLETE_FILE},
    {"client-credentials", 0, OPT_FLAG, AT(client_credentials), NULL,
     "log in as the client itself, with its secret or key", OPT_METHOD, NULL,
     0},
    {"jwt-bearer", 0, OPT_FLAG, AT(jwt_bearer), NULL,
     "log in by an assertion that the client signs: a service account",
     OPT_METHOD, NULL, 0},
    {"exchange", 0, OPT_TEXT, AT(exchange), "FILE|-",
     "exchange the token in FILE or on standard input for one of this server's "
     "(RFC 8693)",
     OPT_METHOD | OPT_VALUE_SECRET, NULL, COMPLETE_FILE},
    {"ci", 0, OPT_OPTIONAL, AT(ci), "PROVIDER",
     "try the identity of the CI job or pod that this runs in; nothing is "
     "kept, "
     "fob token and fob request use it by themselves",
     OPT_METHOD, PROFILE_IDENTITY_PROVIDERS, COMPLETE_CHOICE},

    OPT_GROUP("the API, the server and the client"),
    {"api", 0, OPT_LIST, AT(api), "URL",
     "a base of the API that the credential is for, in the place of a "
     "preset's; "
     "may be repeated",
     0, NULL, 0},
    {"issuer", 0, OPT_TEXT, AT(issuer), "URL", "the authorization server", 0,
     NULL, 0},
    {"tenant", 0, OPT_TEXT, AT(tenant), "TENANT",
     "whose installation of a preset's server: a domain, a name or a UUID", 0,
     NULL, 0},
    {"client-id", 0, OPT_TEXT, AT(client_id), "ID",
     "the client that is registered there", 0, NULL, 0},
    {"client-secret-file", 0, OPT_TEXT, AT(client_secret_file), "FILE|-",
     "the client's secret, bare or in Google's client JSON", OPT_VALUE_SECRET,
     NULL, COMPLETE_FILE},
    {"client-auth", 0, OPT_CHOICE, AT(client_auth), "METHOD",
     "how the client proves itself; unless given, by what it has: "
     "client_secret_basic, private_key_jwt, tls_client_auth or none",
     0,
     "none|client_secret_basic|client_secret_post|client_secret_jwt|"
     "private_key_jwt|tls_client_auth|self_signed_tls_client_auth",
     COMPLETE_CHOICE},
    {"signing-key", 0, OPT_TEXT, AT(signing_key), "FILE|-",
     "the client's private key: PEM, a JWK, or Google's service-account JSON",
     OPT_VALUE_SECRET, NULL, COMPLETE_FILE},
    {"cert", 0, OPT_TEXT, AT(cert), "FILE",
     "the client's certificate, for mutual TLS with the server (RFC 8705)", 0,
     NULL, COMPLETE_FILE},
    {"key", 0, OPT_TEXT, AT(key), "FILE",
     "the certificate's private key; unless given, it is in --cert's file", 0,
     NULL, COMPLETE_FILE},
    {"redirect-uri", 0, OPT_LIST, AT(redirect_uri), "URI",
     "the redirect URI that is registered; http://127.0.0.1/callback with any "
     "port",
     0, NULL, 0},

    OPT_GROUP("what is asked for"),
    {"scope", 0, OPT_LIST, AT(scope), "SCOPE",
     "ask for this scope instead of the profile's; may be repeated", 0, NULL,
     0},
    {"add-scope", 0, OPT_LIST, AT(add_scope), "SCOPE", "ask for this scope too",
     0, NULL, 0},
    {"offline", 0, OPT_FLAG, AT(offline), NULL,
     "ask for a refresh token (the default with a browser)", 0, NULL, 0},
    {"no-offline", 0, OPT_FLAG, AT(no_offline), NULL,
     "do not ask for a refresh token", 0, NULL, 0},
    {"resource", 0, OPT_LIST, AT(resource), "URI",
     "the resource that tokens are for (RFC 8707)", 0, NULL, 0},
    {"audience", 0, OPT_LIST, AT(audience), "NAME",
     "the audience that tokens are for, where a server wants that", 0, NULL, 0},
    {"authorization-details", 0, OPT_TEXT, AT(authorization_details), "FILE|-",
     "what is asked for in detail (RFC 9396): a JSON list, or one object",
     OPT_VALUE_SECRET, NULL, COMPLETE_FILE},
    {"subject", 0, OPT_TEXT, AT(subject), "ACCOUNT",
     "whom --jwt-bearer speaks for, where that is not the client itself", 0,
     NULL, 0},

    OPT_GROUP("the page where people log in"),
    {"login-hint", 0, OPT_TEXT, AT(login_hint), "ACCOUNT",
     "tell the server which account is meant", 0, NULL, 0},
    {"prompt", 0, OPT_TEXT, AT(prompt), "WORDS",
     "OpenID Connect's prompt: login, consent, select_account", 0, NULL, 0},
    {"acr-values", 0, OPT_TEXT, AT(acr_values), "WORDS",
     "the ways of logging in that are asked for, best first, as the server or "
     "the API names them",
     0, NULL, 0},
    {"max-age", 0, OPT_DURATION, AT(max_age), "DURATION",
     "log in again when the last time was longer ago", 0, NULL, 0},
    {"par", 0, OPT_FLAG, AT(par), NULL,
     "push the request to the server before the browser opens (RFC 9126), or "
     "fail",
     0, NULL, 0},
    {"param", 0, OPT_LIST, AT(param), "NAME=VALUE",
     "one more parameter of the authorization request", 0, NULL, 0},

    OPT_GROUP("the token in a request"),
    {"auth-header", 0, OPT_TEXT, AT(auth_header), "'NAME: FORMAT'",
     "how a token goes into a request: 'X-API-Key: {token}'", 0, NULL, 0},
    {"user", 0, OPT_TEXT, AT(user), "NAME",
     "HTTP Basic with this user name; the token is the password", 0, NULL, 0},
    {"dpop", 0, OPT_FLAG, AT(dpop), NULL,
     "bind the tokens to a key that stays here (DPoP), and take no others", 0,
     NULL, 0},

    OPT_GROUP("what is kept"),
    {"store", 0, OPT_CHOICE, AT(store), "STORE",
     "where the credential is kept: keyring or file", 0, "keyring|file",
     COMPLETE_CHOICE},
    {"no-save", 0, OPT_FLAG, AT(no_save), NULL,
     "try the login, then revoke it: nothing is kept", 0, NULL, 0},
    {"switch-account", 0, OPT_FLAG, AT(switch_account), NULL,
     "allow another account than the stored one", 0, NULL, 0},
    {"yes", 'y', OPT_FLAG, AT(yes), NULL, "answer yes to what fob would ask", 0,
     NULL, 0},
    OPT_END,
};

const char login_details[] =
    "TARGET is a preset (github, google, slack, ...), or the URL of an API or "
    "of an\n"
    "issuer. An API that does not say who issues its tokens needs --pat or "
    "--issuer.\n"
    "The options are kept in the profile: the next time,  fob login -p NAME  "
    "is\n"
    "enough.\n"
    "\n"
    "  fob login https://api.acme.example/v2\n"
    "  fob login github --pat\n"
    "  fob login https://login.acme.example -p acme \\\n"
    "      --api https://api.acme.example/v2 --client-id fob-cli\n"
    "  fob login -p deploy --client-credentials --client-secret-file secret\n"
    "  fob login https://api.acme.example --pat --auth-header 'X-API-Key: "
    "{token}'";
