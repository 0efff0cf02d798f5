#!/bin/sh
# Holds the walls of the source tree: which room may include which, who may
# print, sizes of files and functions, no circles. Prints each violation as
# FILE:LINE: what, and fails when there was one.
#
# usage: walls.sh [DIRECTORY-WITH-src]
set -u
cd "${1:-.}" || exit 2
found=$(mktemp) || exit 2
trap 'rm -f "$found"' EXIT

files=$(find src -name '*.[ch]' | LC_ALL=C sort)

# --- rooms: each may include those to its left ---------------------------------
# shellcheck disable=SC2086
awk '
BEGIN {
  n = split("base lazy crypto http store profile oauth api cmd", order, " ")
  for (i = 1; i <= n; i++) rank[order[i]] = i
}
FNR == 1 {
  split(FILENAME, part, "/")
  room = FILENAME == "src/main.c" ? "main" : part[2]
}
/^#include "/ {
  split($2, q, "\"")
  split(q[2], target, "/")
  to = target[1]
  if (!(to in rank))
    print FILENAME ":" FNR ": includes \"" q[2] "\", which is in no room"
  else if (room != "main" && rank[to] > rank[room])
    print FILENAME ":" FNR ": " room "/ may not include " to "/"
  else if ((room == "store" && to == "profile") ||
           (room == "profile" && to == "store"))
    print FILENAME ":" FNR ": store/ and profile/ may not include each other"
}
function only(pattern, rooms, what) {
  if ($0 ~ "^#include <" pattern && FILENAME !~ rooms)
    print FILENAME ":" FNR ": <" pattern "> is for " what " only"
}
/^#include </ {
  only("curl/", "^src/(http|lazy)/", "http/ and lazy/")
  only("(psa|mbedtls)/", "^src/crypto/", "crypto/")
  only("(libsecret|glib|gio)", "^src/(store/keyring[a-z_]*\\.[ch]|lazy/)",
       "store/keyring and lazy/")
  only("microhttpd", "^src/(http/listen[a-z_]*\\.[ch]|lazy/)",
       "http/listen and lazy/")
  only("qrencode", "^src/(cmd/qr\\.[ch]|lazy/)", "cmd/qr and lazy/")
  only("j[qv]\\.h", "^src/(api/filter[a-z_]*\\.[ch]|lazy/)", "api/filter and lazy/")
  only("keyutils", "^src/(store|crypto)/", "store/ and crypto/")
}
# --- printing: cmd/ and base/log alone -----------------------------------------
FILENAME !~ "^src/(cmd/|base/log\\.c)" &&
/(^|[^a-z_])(printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|dprintf)[ ]*\(/ {
  print FILENAME ":" FNR ": prints; cmd/ and base/log do that"
}
/(^|[^a-z_])(exit|_exit|abort)[ ]*\(/ && FILENAME !~ "^src/base/(banned\\.h|run\\.c|worker\\.c)" {
  print FILENAME ":" FNR ": ends the process; main returns"
}
' $files >>"$found"

# --- sizes: a file to 500 lines, a function to 60 ------------------------------
# shellcheck disable=SC2086
awk '
FNR == 1 { if (last > 500) print name ":" last ": is longer than 500 lines" }
{ name = FILENAME; last = FNR }
/^\{/ { start = FNR }
/^\}/ && start {
  if (FNR - start - 1 > 60)
    print FILENAME ":" start ": function of " FNR - start - 1 " lines (60)"
  start = 0
}
END { if (last > 500) print name ":" last ": is longer than 500 lines" }
' $files >>"$found"

# --- a .c includes its own header first ----------------------------------------
for file in $files; do
  header=${file%.c}.h
  case $file in *.c) [ -f "$header" ] || continue ;; *) continue ;; esac
  first=$(sed -n 's/^#include [<"]\([^">]*\)[">].*/\1/p' "$file" | head -n 1)
  [ "$first" = "${header#src/}" ] ||
    echo "$file:1: does not include its own header first" >>"$found"
done

# --- no circle between files ---------------------------------------------------
# shellcheck disable=SC2086
loop=$(awk '
FNR == 1 { from = FILENAME; sub(/^src\//, "", from) }
/^#include "/ { split($2, q, "\""); print from, q[2] }' $files | tsort 2>&1 >/dev/null | sed -n 's/^tsort: //p' | grep -v 'loop' | tr '\n' ' ')
[ -z "$loop" ] || echo "src: files include each other in a circle: $loop" >>"$found"

if [ -s "$found" ]; then
  cat "$found"
  exit 1
fi
