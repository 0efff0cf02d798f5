#!/bin/sh
# Runs a Criterion program and believes it only so far. Criterion 2.4 exits 0 on
# a leak that AddressSanitizer found, and when no test ran at all; so sanitizer
# logs are looked for, and the tests that ran are counted against those that
# stand in the sources.
#
# usage: run.sh PROGRAM SOURCE... [-- CRITERION-ARGUMENTS]
set -u
program=$1
shift
sources=''
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  sources="$sources $1"
  shift
done
[ $# -gt 0 ] && shift

scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
export ASAN_OPTIONS="log_path=$scratch/asan:detect_leaks=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="log_path=$scratch/ubsan:print_stacktrace=1:${UBSAN_OPTIONS:-}"

"$program" --jobs "${JOBS:-2}" "$@" >"$scratch/out" 2>&1
status=$?
cat "$scratch/out"

# shellcheck disable=SC2086
expected=$(cat $sources | grep -cE '^(Test|ParameterizedTest|Theory)\(')
tested=$(sed -n 's/.*Tested: .*[^0-9]\([0-9][0-9]*\).*| Passing.*/\1/p' \
  "$scratch/out" | tail -n 1)
[ -n "$tested" ] || tested=$(sed 's/\x1b\[[0-9;]*m//g' "$scratch/out" |
  sed -n 's/.*Tested: \([0-9]*\).*/\1/p' | tail -n 1)
if [ "${tested:-0}" -lt "$expected" ]; then
  echo "run.sh: $expected tests stand in the sources, ${tested:-0} were run" >&2
  status=1
fi
for log in "$scratch"/asan.* "$scratch"/ubsan.*; do
  [ -f "$log" ] || continue
  echo "run.sh: a sanitizer reported:" >&2
  cat "$log" >&2
  status=1
done
exit $status
