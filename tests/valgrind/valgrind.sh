#!/bin/sh
# The unit and cli tests once more under valgrind. Any report fails, and what
# tests/run.sh fails for.
#
# usage: valgrind.sh BUILD-DIRECTORY UNIT-SOURCES CLI-SOURCES [FILTER]
# FILTER: these of the cli tests alone, as Criterion names them: 'request*/*'.
set -u
build=$(cd "$1" && pwd) || exit 2
unit=$2 cli=$3 filter=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
export FOB_SLOW=1

# under NAME PROGRAM: a program that runs PROGRAM under valgrind.
under() {
  cat >"$scratch/$1" <<END
#!/bin/sh
exec valgrind -q --vgdb=no --error-exitcode=99 --leak-check=full \\
  --show-leak-kinds=definite --errors-for-leak-kinds=definite \\
  --suppressions='$here/valgrind.supp' --log-file='$scratch/log.%p' \\
  '$2' "\$@"
END
  chmod +x "$scratch/$1"
}

# Without this, all that follows could pass for a valgrind that finds nothing.
cat >"$scratch/leak.c" <<'END'
#include <stdlib.h>
int main(int argc, char **argv)
{
  volatile char *lost = malloc(7 + (size_t)argc);
  (void)argv;
  lost = 0;
  return lost != 0;
}
END
${CC:-cc} -o "$scratch/leak" "$scratch/leak.c" || exit 2
under canary "$scratch/leak"
"$scratch/canary"
if [ $? -ne 99 ] || ! cat "$scratch"/log.* | grep -q 'definitely lost'; then
  echo "valgrind.sh: a planted leak was not found" >&2
  exit 1
fi
rm -f "$scratch"/log.*

status=0
if [ -z "$filter" ]; then
  echo '  TEST    unit, valgrind'
  under unit "$build/tests/unit-forks"
  # shellcheck disable=SC2086
  sh "$here/../run.sh" "$scratch/unit" $unit -- || status=1
fi

echo '  TEST    cli, valgrind'
under fob "$build/fob"
# shellcheck disable=SC2086
FOB_BIN=$scratch/fob sh "$here/../run.sh" "$build/tests/cli-tests" $cli -- ${filter:+--filter "$filter"} || status=1

for log in "$scratch"/log.*; do
  [ -s "$log" ] || continue
  status=1
  sed -n 1,40p "$log"
done
exit $status
