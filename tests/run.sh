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

"$program" --verbose --jobs "${JOBS:-2}" "$@" 2>&1 |
  sed 's/\x1b\[[0-9;]*m//g' >"$scratch/out"
status=$(sed -n 's/.*Failing: \([0-9]*\) | Crashing: \([0-9]*\).*/\1\2/p' "$scratch/out" |
  tail -n 1)
[ "$status" = 00 ] && status=0 || status=1
grep -avE '^\[(RUN |PASS)\]|: Test is disabled$' "$scratch/out"

# shellcheck disable=SC2086
expected=$(cat $sources | grep -cE '^(Test|ParameterizedTest|Theory)\(')
case " $* " in *' --filter'*) expected=1 ;; esac
tested=$(sed -n 's/.*Tested: \([0-9]*\).*/\1/p' "$scratch/out" | tail -n 1)
skipped=$(grep -ac '^\[SKIP\]' "$scratch/out")
if [ "$((${tested:-0} + skipped))" -lt "$expected" ]; then
  echo "run.sh: $expected tests stand in the sources, ${tested:-0} were run" >&2
  status=1
fi
for log in "$scratch"/asan.* "$scratch"/ubsan.*; do
  [ -f "$log" ] || continue
  # Criterion's runner itself leaks when two tests end at once.
  if grep -q LeakSanitizer "$log" &&
    ! grep -E '^ *#1 ' "$log" | grep -qv 'libcriterion\.so'; then
    continue
  fi
  echo "run.sh: a sanitizer reported:" >&2
  cat "$log" >&2
  status=1
done
exit "$status"
