#include "cmd/cmd.h"

const struct cmd *const cmd_table[] = {
    &cmd_login,  &cmd_token,   &cmd_request,  &cmd_logout,
    &cmd_status, &cmd_profile, &cmd_complete, NULL,
};

const struct opt cmd_global_opts[] = {
    {"profile", 'p', OPT_TEXT, offsetof(struct globals, profile), "NAME",
     "use this profile", 0, NULL, COMPLETE_PROFILE},
    {"verbose", 'v', OPT_COUNT, offsetof(struct globals, verbose), NULL,
     "say what is done and why, secrets hidden; twice for more", 0, NULL, 0},
    {"quiet", 0, OPT_FLAG, offsetof(struct globals, quiet), NULL,
     "print errors only", 0, NULL, 0},
    {"color", 0, OPT_CHOICE, offsetof(struct globals, color), "WHEN",
     "colour: auto, always or never", 0, "auto|always|never", COMPLETE_CHOICE},
    {"error-format", 0, OPT_CHOICE, offsetof(struct globals, error_format),
     "FORM", "errors as text, or as one JSON object on the last line", 0,
     "text|json", COMPLETE_CHOICE},
    {"proxy", 'x', OPT_TEXT, offsetof(struct globals, proxy), "URL",
     "go through this proxy; loopback never does", 0, NULL, 0},
    {"cacert", 0, OPT_TEXT, offsetof(struct globals, cacert), "FILE",
     "trust these certificate authorities instead of the system's", 0, NULL,
     COMPLETE_FILE},
    {"connect-timeout", 0, OPT_DURATION,
     offsetof(struct globals, connect_timeout), "DURATION",
     "give up on a connection after this long; unless given, 10 s", 0, NULL, 0},
    {"timeout", 0, OPT_DURATION, offsetof(struct globals, timeout), "DURATION",
     "give up on the whole after this long", 0, NULL, 0},
    {"help", 'h', OPT_FLAG, offsetof(struct globals, help), NULL,
     "show this help", 0, NULL, 0},
    {"version", 'V', OPT_FLAG, offsetof(struct globals, version), NULL,
     "show the version; with -v also the libraries'", 0, NULL, 0},
    OPT_END,
};
