#!/usr/bin/env bash
# Writes the README's generated table anew from the catalogues of a built tree (argument: the build folder, default build). With --check it
# changes nothing and fails when the README's is not the present one.
cd "$(dirname "$0")/.." || exit 1
check=
[ "${1:-}" = --check ] && { check=1; shift; }
build=${1:-build}
table=$(mktemp) page=$(mktemp)
trap 'rm -f "$table" "$page"' EXIT
"$build/bin/tare" list all --markdown >"$table" || exit 1
awk -v table="$table" '
  /<!-- end of the catalogue -->/ { inside = 0 }
  !inside { print }
  /<!-- catalogue: written by scripts\/readme-tables.sh -->/ { inside = 1; while ((getline line < table) > 0) print line }
' README.md >"$page"
if [ -n "$check" ]; then
  cmp -s "$page" README.md && exit 0
  echo 'The table in README.md is not that of the catalogues; run scripts/readme-tables.sh' >&2
  exit 1
fi
cmp -s "$page" README.md || cp "$page" README.md
