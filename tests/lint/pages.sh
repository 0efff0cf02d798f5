#!/bin/sh
# The pages against the program: mdoc is clean, each option of a command's table
# stands in its page and no other, the exit statuses are those of the code, and
# no example puts a token into an argument or into a bare pipe.
#
# usage: pages.sh FOB
set -u
fob=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
failed=0
fail() {
  echo "$*"
  failed=1
}

mandoc -T lint -W warning "$top"/man/*.[157] || failed=1

# --- options: the table's, as completion gives them, against .It Fl ------------
options_of() {
  "$fob" complete -- "$@" -- 2>/dev/null | sed -n 's/^--\([a-z-]*\).*/\1/p' |
    LC_ALL=C sort -u
}
options_in() {
  sed -n 's/^\.It //p' "$1" | grep -o 'Fl -[a-z-]*' | sed 's/^Fl -//' |
    LC_ALL=C sort -u
}
options_of >"$scratch/global"
[ -s "$scratch/global" ] || fail "$fob complete -- -- names no options"
compare() { # PAGE WORDS...
  page=$top/man/$1
  shift
  [ -f "$page" ] || { fail "there is no $page" && return; }
  options_in "$page" >"$scratch/page"
  diff "$scratch/table" "$scratch/page" >"$scratch/diff" ||
    fail "${page##*/}: options differ from the table (< code, > page):
$(grep '^[<>]' "$scratch/diff")"
}
cp "$scratch/global" "$scratch/table"
compare fob.1
for command in login token request logout status; do
  options_of "$command" | LC_ALL=C comm -23 - "$scratch/global" >"$scratch/table"
  compare "fob-$command.1"
done
for sub in list show set remove default trust; do options_of profile "$sub"; done |
  LC_ALL=C sort -u | LC_ALL=C comm -23 - "$scratch/global" >"$scratch/table"
compare fob-profile.1

# --- what stands beside gh, curl and HTTPie has only options that there are --------
# Lines as "fob    fob request ... --option", and .Ql of fob's own.
for command in login token request logout status; do
  { cat "$scratch/global" && options_of "$command"; } | sed "s/^/$command /"
done >"$scratch/known"
unknown_in() {
  sed -n 's/^fob  *\(.*\)/\1/p; s/^\.Ql \(fob .*\)/\1/p; s/^\.Ql \(--.*\)/fob request \1/p' "$1" |
    awk -v known="$scratch/known" '
      BEGIN { while ((getline line <known) > 0) { have[line]; split(line, w); is[w[1]] } }
      {
        line = $0
        gsub(/[$()]/, " ")
        command = ""
        for (i = 1; i <= NF && command == ""; i++) if ($i in is) command = $i
        for (i = 1; i <= NF; i++) {
          option = $i
          if (sub(/^--/, "", option) && sub(/=.*/, "", option) + 1 &&
              option ~ /^[a-z-]+$/ && !((command " " option) in have))
            print "\"" line "\" has --" option ", which fob " command " does not know"
        }
      }'
}
printf '%s\n' 'fob    fob request user --ok 404' 'fob    fob request --nonesuch user' \
  >"$scratch/planted"
[ "$(unknown_in "$scratch/planted" | wc -l)" -eq 1 ] ||
  fail "pages.sh does not see an option that there is not"
unknown=$(unknown_in "$top/man/fob-equivalents.7")
[ -z "$unknown" ] || fail "fob-equivalents.7: $unknown"

# --- commands: each in fob.1 ----------------------------------------------------
"$fob" complete -- '' | cut -f 1 | while read -r command; do
  grep -q "^\.Xr fob-$command 1" "$top/man/fob.1" || echo "$command"
done >"$scratch/absent"
[ ! -s "$scratch/absent" ] || fail "fob.1 does not name: $(cat "$scratch/absent")"

# --- exit statuses ----------------------------------------------------------------
sed -n 's/^  X(E_[A-Z0-9_]*, \([0-9]*\), .*/\1/p' "$top/src/base/err.h" |
  sort -un >"$scratch/code"
printf '%s\n' 129 131 141 143 | sort -n - "$scratch/code" | sort -un >"$scratch/all"
sed -n '/^\.Sh EXIT STATUS/,/^\.Sh [^E]/p' "$top/man/fob.1" |
  sed -n 's/^\.It \([0-9, ]*\).*/\1/p' | tr ', ' '\n\n' | grep . |
  sort -un >"$scratch/page"
diff "$scratch/all" "$scratch/page" >"$scratch/diff" ||
  fail "fob.1: EXIT STATUS differs from base/err.h (< code, > page):
$(grep '^[<>]' "$scratch/diff")"

# --- examples that would leak or run without a credential ------------------------
for page in "$top"/man/*.[157] "$top/README.md"; do
  grep -nE '(fob token[^|`;&)]*\|[^|]|(-H|--header|-d|--data|-u|--user)[= ]*["'"'"']?[^ ]*[^@]\$\(fob token)' \
    "$page" | grep -v 'h=\$(fob token' >"$scratch/leak" &&
    fail "${page##*/}: a token in an argument or a bare pipe: $(cat "$scratch/leak")"
done
exit $failed
