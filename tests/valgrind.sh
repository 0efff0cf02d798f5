#!/bin/sh
# The unit and cli tests once more under valgrind; any report fails.
#
# usage: valgrind.sh BUILD-DIRECTORY
set -u
build=$(cd "$1" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
options="-q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite --vgdb=no --suppressions=$top/tests/valgrind.supp --log-file=$scratch/log.%p"

echo '  TEST    unit, valgrind'
# shellcheck disable=SC2086
valgrind $options --trace-children=yes --trace-children-skip='*/openssl,*/sh,*/dbus-daemon,*/gnome-keyring-daemon,/bin/*,/usr/*' \
  "$build/tests/unit" --jobs 2 >"$scratch/unit" 2>&1
status=$?
tail -n 1 "$scratch/unit"
[ $status -eq 0 ] || grep -F '[FAIL]' "$scratch/unit"

echo '  TEST    cli, valgrind'
cat >"$scratch/fob" <<EOF
#!/bin/sh
exec valgrind $options $build/fob "\$@"
EOF
chmod +x "$scratch/fob"
FOB_BIN=$scratch/fob FOB_SLOW=1 "$build/tests/cli-tests" --jobs 2 >"$scratch/cli" 2>&1 || status=1
tail -n 1 "$scratch/cli"
grep -F '[FAIL]' "$scratch/cli"

for log in "$scratch"/log.*; do
  [ -s "$log" ] || continue
  status=1
  sed -n 1,40p "$log"
done
exit $status
