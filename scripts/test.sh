#!/usr/bin/env bash
# Runs all tests of a built tree (argument: the build folder, default build) and adds them up.
# The last line is 'N passed, N failed'; the exit status is 1 if anything failed.
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# play LABEL PATTERN COMMAND...: runs it; PATTERN is a sed expression that turns the output into lines "passed failed".
# A command that ends badly without naming a failed case (a crash, no summary) counts as one failure.
play() {
  local label=$1 pattern=$2
  shift 2
  "$@" 2>&1 | tee "$log"
  local status=${PIPESTATUS[0]} counts good bad
  counts=$(sed -nE "$pattern" "$log" | tail -n 1)
  good=${counts% *}
  bad=${counts#* }
  if [ -z "$bad" ] || { [ "$status" != 0 ] && [ "$bad" = 0 ]; }; then
    echo "$label: ended with exit status $status and no summary of failures"
    bad=1
  fi
  passed=$((passed + ${good:-0}))
  failed=$((failed + bad))
}

play "unit tests" 's/.*test cases: *[0-9]* *\| *([0-9]*) passed *\| *([0-9]*) failed.*/\1 \2/p' "$build/bin/tare_tests"
summary='s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p'
if [ -x "$build/bin/tare" ] && compgen -G 'tests/golden/*.json' >/dev/null; then
  play "golden vectors" "$summary" "$build/bin/tare" check tests/golden/*.json
fi
if [ -x "$build/bin/tare" ]; then
  for program_test in tests/program/*_test.sh; do
    play "$program_test" "$summary" "$program_test" "$build/bin/tare"
  done
fi
if [ -x "$build/bin/tare" ]; then
  play "README" "$summary" bash -c 'scripts/readme-tables.sh --check "$0" && echo "1 passed, 0 failed" || { echo "0 passed, 1 failed"; exit 1; }' "$build"
fi
play "install" "$summary" scripts/check-install.sh "$build"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
