#!/bin/sh
# Plants one violation of each kind in a copy of the tree: walls.sh must name
# each, and must be content with the tree as it is.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
failed=0

fresh() {
  rm -rf "$copy/src" && cp -R "$top/src" "$copy/src"
}

# expect WORDS-OF-THE-MESSAGE FILE LINE-TO-ADD
expect() {
  fresh
  printf '%s\n' "$3" >>"$copy/src/$2"
  if out=$("$top/tests/lint/walls.sh" "$copy"); then
    echo "not caught: $3 in $2"
    failed=1
  elif ! printf '%s\n' "$out" | grep -q -- "$1"; then
    echo "caught, but not as '$1': $out"
    failed=1
  fi
}

fresh
"$top/tests/lint/walls.sh" "$copy" || failed=1

expect 'base/ may not include http/' base/buf.c '#include "http/url.h"'
expect 'oauth/ may not include cmd/' oauth/session.h '#include "cmd/ui.h"'
expect 'may not include profile/' store/record.c '#include "profile/profile.h"'
expect 'may not include each other' profile/profile.c '#include "store/store.h"'
expect 'in no room' base/buf.c '#include "elsewhere/x.h"'
expect 'is for http/ and lazy/' oauth/session.h '#include <curl/curl.h>'
expect 'is for crypto/' store/file.c '#include <psa/crypto.h>'
expect 'is for store/keyring' store/file.c '#include <libsecret/secret.h>'
expect 'is for http/listen' http/client.c '#include <microhttpd.h>'
expect 'is for api/filter' api/format.c '#include <jv.h>'
expect 'prints' http/client.c 'static void x(void) { printf("%d", 1); }'
expect 'ends the process' cmd/cmd.c 'static void x(void) { exit(1); }'
expect 'longer than 500 lines' base/num.c "$(yes '/* */' | head -n 500)"
expect 'function of 61 lines' base/num.c "int f(void)
{
$(yes ';' | head -n 61)
}"
expect 'in a circle' base/attr.h '#include "base/err.h"'

fresh
sed -i '1i #include <string.h>' "$copy/src/base/num.c"
"$top/tests/lint/walls.sh" "$copy" | grep -q 'own header first' || {
  echo 'not caught: another header first'
  failed=1
}
exit $failed
