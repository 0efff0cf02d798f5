/* The options of `fob request`: the table that the parser, --help, the
 * completions and the man page's check read. */
#include "cmd/request.h"

#include "api/page.h"

#define AT(member) offsetof(struct request_options, member)

const struct opt request_opts[] = {

    /* what is asked */

    {"method", 'X', OPT_TEXT, AT(method), "METHOD",
     "the method, where it is not the first word", OPT_ONCE, NULL, 0},

    /* the body */

    {"raw-field", 'f', OPT_LIST, AT(raw_fields), "KEY=TEXT",
     "a field of the body, always text", 0, NULL, 0},
    {"field", 'F', OPT_LIST, AT(fields), "KEY=VALUE",
     "a field: true, false, null and whole numbers typed, @FILE read", 0, NULL,
     0},
    {"form", 0, OPT_FLAG, AT(form), NULL,
     "send the fields as multipart/form-data", 0, NULL, 0},
    {"encode", 0, OPT_CHOICE, AT(encode), "FORM",
     "send the fields as json (the default) or form", 0, "json|form",
     COMPLETE_CHOICE},
    {"data", 'd', OPT_TEXT, AT(data), "TEXT|@FILE",
     "a body as it is, as application/x-www-form-urlencoded", OPT_ONCE, NULL,
     COMPLETE_FILE},
    {"json", 0, OPT_TEXT, AT(json), "TEXT|@FILE",
     "a body as it is, as application/json", OPT_ONCE, NULL, COMPLETE_FILE},
    {"input", 0, OPT_TEXT, AT(input), "FILE|-",
     "a file as the body, read while it is sent", OPT_ONCE, NULL,
     COMPLETE_FILE},
    {"get", 'G', OPT_FLAG, AT(get), NULL,
     "put fields and --data into the query", 0, NULL, 0},

    /* headers */

    {"header", 'H', OPT_LIST, AT(headers), "'NAME: VALUE'|@FILE",
     "one more header; those that hold a secret from a file only", 0, NULL,
     COMPLETE_FILE},

    /* the answer: its head, and where it goes */

    {"include", 'i', OPT_FLAG, AT(include), NULL,
     "print the answer's status and headers too", 0, NULL, 0},
    {"head", 'I', OPT_FLAG, AT(head), NULL,
     "ask for the headers only (HEAD) and print them", 0, NULL, 0},
    {"output", 'o', OPT_TEXT, AT(output), "FILE",
     "write the body to FILE, which an HTTP error leaves as it was", OPT_ONCE,
     NULL, COMPLETE_FILE},
    {"remote-name", 'O', OPT_FLAG, AT(remote_name), NULL,
     "write it to a file named as the URL's last part", 0, NULL, 0},
    {"remote-header-name", 'J', OPT_FLAG, AT(remote_header_name), NULL,
     "with -O: named as the answer says, if nothing is there", 0, NULL, 0},
    {"continue-at", 'C', OPT_TEXT, AT(continue_at), "-",
     "with -o or -O: keep what came, and go on from it", OPT_ONCE, NULL, 0},
    {"raw", 0, OPT_FLAG, AT(raw), NULL, "the body undecoded and unformatted", 0,
     NULL, 0},

    /* the answer: what is taken out of it */

    {"pointer", 0, OPT_TEXT, AT(pointer), "/A/B",
     "print only the JSON value there (RFC 6901)", OPT_ONCE, NULL, 0},
    {"jq", 'q', OPT_TEXT, AT(jq), "EXPR", "print only what jq makes of it",
     OPT_ONCE, NULL, 0},
    {"raw-output", 'r', OPT_FLAG, AT(raw_output), NULL,
     "print strings that --jq or --pointer gives without quotes", 0, NULL, 0},
    {"format", 0, OPT_CHOICE, AT(format), "FORM",
     "auto, json (indented), ndjson (an item a line) or raw", 0,
     "auto|json|ndjson|raw", COMPLETE_CHOICE},

    /* pages */

    {"paginate", 0, OPT_OPTIONAL, AT(paginate), "STYLE",
     "all pages, merged: link, next, cursor, page, offset, graphql, or auto", 0,
     PAGE_STYLES, COMPLETE_CHOICE},
    {"items", 0, OPT_TEXT, AT(items), "/POINTER",
     "where a page has its items; its first list", OPT_ONCE, NULL, 0},
    {"next", 0, OPT_TEXT, AT(next), "[PARAM=]/POINTER",
     "where a page has the next one's URL or cursor", OPT_ONCE, NULL, 0},
    {"max-pages", 0, OPT_NUMBER, AT(max_pages), "N",
     "stop after so many pages; exit 10 when there are more", 0, NULL, 0},
    {"max-items", 0, OPT_NUMBER, AT(max_items), "N",
     "stop after so many items; exit 10 when there are more", 0, NULL, 0},
    {"slurp", 0, OPT_FLAG, AT(slurp), NULL,
     "a list of the pages as they are instead", 0, NULL, 0},
    {"resume", 0, OPT_TEXT, AT(resume), "FILE",
     "keep there where to go on, and go on from there", OPT_ONCE, NULL,
     COMPLETE_FILE},

    /* tries again, and pace */

    {"retry", 0, OPT_NUMBER, AT(retries), "N",
     "try again up to N times what may be over in a moment; 2", 0, NULL, 0},
    {"retry-max-time", 0, OPT_DURATION, AT(retry_max_time), "DURATION",
     "begin no other try after this long", 0, NULL, 0},
    {"retry-unsafe", 0, OPT_FLAG, AT(retry_unsafe), NULL,
     "also POST, PUT, PATCH and DELETE, which may then act twice", 0, NULL, 0},
    {"idempotency-key", 0, OPT_OPTIONAL, AT(idempotency_key), "auto|KEY",
     "send a key, one for all tries, so that it acts once", 0, NULL, 0},
    {"rate", 0, OPT_TEXT, AT(rate), "10/s",
     "begin at most so many a second (s), minute (m) or hour (h)", 0, NULL, 0},
    {"wait-rate", 0, OPT_DURATION, AT(wait_rate), "DURATION",
     "wait so long for the server's rate limit; 1m", 0, NULL, 0},

    /* many requests */

    {"batch", 0, OPT_TEXT, AT(batch), "FILE|-",
     "send a request for each line: a path, or JSON", OPT_ONCE, NULL,
     COMPLETE_FILE},
    {"parallel", 'Z', OPT_OPTIONAL, AT(parallel), "N",
     "keep N of them under way: 16 without this, 50 without N", OPT_ONCE, NULL,
     0},
    {"ordered", 0, OPT_FLAG, AT(ordered), NULL,
     "print the results in the order of the lines", 0, NULL, 0},
    {"from-line", 0, OPT_NUMBER, AT(from_line), "N",
     "begin with this line of --batch", 0, NULL, 0},

    /* cache */

    {"cache", 0, OPT_DURATION, AT(cache), "TTL",
     "take an answer that is younger from the cache, and confirm an older one",
     0, NULL, 0},
    {"no-cache", 0, OPT_FLAG, AT(no_cache), NULL,
     "use no cache, here nor on the way", 0, NULL, 0},
    {"cache-clear", 0, OPT_FLAG, AT(cache_clear), NULL,
     "empty the cache, with -p that of the profile", 0, NULL, 0},

    /* streams and waiting */

    {"sse", 0, OPT_FLAG, AT(sse), NULL,
     "print the events of a stream as JSON, and take it up where it drops", 0,
     NULL, 0},
    {"wait-for", 0, OPT_TEXT, AT(wait_for), "EXPR|/A/B[=VALUE]",
     "ask again until this is true of the answer, and print that", OPT_ONCE,
     NULL, 0},
    {"wait-timeout", 0, OPT_DURATION, AT(wait_timeout), "DURATION",
     "give that up after this long; 10 min", 0, NULL, 0},

    /* the API's description */

    {"op", 0, OPT_TEXT, AT(op), "ID",
     "the operation of that id in the API's description; '' lists them",
     OPT_ONCE, NULL, COMPLETE_OPERATION},

    /* what it took */

    {"timing", 0, OPT_FLAG, AT(timing), NULL,
     "draw on standard error what took how long", 0, NULL, 0},
    {"meta", 0, OPT_TEXT, AT(meta), "FILE|-",
     "write what became of the request to FILE, as JSON", OPT_ONCE, NULL,
     COMPLETE_FILE},

    /* failures */

    {"ok", 0, OPT_TEXT, AT(ok), "404,409", "statuses that are no failure",
     OPT_ONCE, NULL, 0},
    {"error-body", 0, OPT_CHOICE, AT(error_body), "WHERE",
     "where the body of a failure goes: stderr (the default), stdout, none", 0,
     "stderr|stdout|none", COMPLETE_CHOICE},

    /* the credential and the connection */

    {"no-auth", 0, OPT_FLAG, AT(no_auth), NULL,
     "send no credential; then any URL is allowed", 0, NULL, 0},
    {"max-time", 'm', OPT_DURATION, AT(max_time), "DURATION",
     "give up after this long", 0, NULL, 0},
    {"stall-timeout", 0, OPT_DURATION, AT(stall_timeout), "DURATION",
     "give up after this long without a byte; 30 s", 0, NULL, 0},
    {"cert", 0, OPT_TEXT, AT(cert), "FILE",
     "a client certificate for the API, PEM", 0, NULL, COMPLETE_FILE},
    {"key", 0, OPT_TEXT, AT(key), "FILE",
     "its private key, where it is not in the same file", 0, NULL,
     COMPLETE_FILE},
    {"unix-socket", 0, OPT_TEXT, AT(unix_socket), "PATH",
     "connect to this socket", 0, NULL, COMPLETE_FILE},

    /* showing instead of sending */

    {"dry-run", 0, OPT_FLAG, AT(dry_run), NULL,
     "print the request instead of sending it", 0, NULL, 0},
    {"curl", 0, OPT_FLAG, AT(curl), NULL,
     "print it as a line for bash or zsh that runs curl", 0, NULL, 0},

    /* accepted and refused */

    {"location", 'L', OPT_ACCEPTED, 0, NULL, "redirects are followed anyway",
     OPT_HIDDEN, NULL, 0},
    {"silent", 's', OPT_ACCEPTED, 0, NULL,
     "nothing but the answer and errors is shown anyway", OPT_HIDDEN, NULL, 0},
    {"show-error", 'S', OPT_ACCEPTED, 0, NULL, "errors are shown anyway",
     OPT_HIDDEN, NULL, 0},

    {"insecure", 'k', OPT_REFUSED, 0, NULL,
     "certificates are always checked; a CA of your own: --cacert FILE",
     OPT_HIDDEN, NULL, 0},
    {NULL, 'u', OPT_REFUSED, 0, NULL,
     "HTTP Basic: fob login URL --pat --user NAME   asks for the password",
     OPT_HIDDEN, NULL, 0},
    {"cookie", 'b', OPT_REFUSED, 0, NULL,
     "a cookie is a credential, from a file only: -H @FILE with 'Cookie: ...'",
     OPT_HIDDEN, NULL, 0},
    {"user-agent", 'A', OPT_REFUSED, 0, NULL, "-H 'User-Agent: ...'",
     OPT_HIDDEN, NULL, 0},
    {"referer", 'e', OPT_REFUSED, 0, NULL, "-H 'Referer: ...'", OPT_HIDDEN,
     NULL, 0},
    {"upload-file", 'T', OPT_REFUSED, 0, NULL,
     "fob request PUT URL --input FILE", OPT_HIDDEN, NULL, 0},
    {"netrc", 'n', OPT_REFUSED, 0, NULL,
     ".netrc is never read; fob login   keeps credentials", OPT_HIDDEN, NULL,
     0},
    {"range", 0, OPT_REFUSED, 0, NULL, "-H 'Range: bytes=0-99'", OPT_HIDDEN,
     NULL, 0},
    OPT_END,
};
