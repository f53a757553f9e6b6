# What the tests of the program share. A test is a script that sources this file and is given the program as its argument; its last line is
# 'N passed, N failed'.
tare=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0
failed=0

# outcome NAME STATUS: counts a case; what a failed one printed is shown.
outcome() {
  if [ "$2" = 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: $1"
    sed 's/^/  /' out err 2>/dev/null | tail -n 20
  fi
}

# works NAME COMMAND...: it must end with status 0.
works() {
  local name=$1
  shift
  "$@" >out 2>err
  outcome "$name" $?
}

# refuses NAME PATTERN ARGUMENTS...: tare must end with status 2 and one line on stderr, which matches the extended regular expression.
refuses() {
  local name=$1 pattern=$2 status
  shift 2
  "$tare" "$@" >out 2>err
  status=$?
  [ "$status" = 2 ] && [ "$(wc -l <err)" = 1 ] && grep -qE "^tare: .*$pattern" err
  outcome "$name (status $status, expected 2 and: $pattern)" $?
}

same() { # same NAME FILE FILE
  cmp "$2" "$3" >out 2>err
  outcome "$1" $?
}

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
  exit
}

# config FILE LAYERS [MORE KEYS]: a training config on data that are made, not read.
config() {
  cat >"$1" <<JSON
{
  "data": {"type": "Gaussians", "samples": 640, "classes": 4, "dim": 36, "separation": 2.0},
  "model": {"type": "Sequential", "layers": [$2]}${3:+,
  $3}
}
JSON
}
linear() { echo "{\"type\": \"Linear\", \"in_features\": $1, \"out_features\": $2}"; }
