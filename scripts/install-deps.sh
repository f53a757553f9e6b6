#!/usr/bin/env bash
# Installs the Debian packages tare is built from, where some are missing. Arguments: further packages.
# As root or through sudo; where neither is possible it says what to install.
set -u

needed=(g++ cmake ninja-build pkg-config libtbb-dev libopenblas-dev liblapacke-dev zlib1g-dev nlohmann-json3-dev
        libhwy-dev libcli11-dev libfmt-dev libkissfft-dev libpng-dev doctest-dev "$@")
data=(dataset-fashion-mnist libjs-chart.js) # the demo's images, the reports' charts: nothing is compiled against them

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "tare: this is not a Debian-based system; the build needs what these Debian packages hold:" >&2
  echo "  ${needed[*]} ${data[*]}" >&2
  exit 0 # CMake finds out whether they are here
fi

missing_of() {
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}
mapfile -t missing < <(missing_of "${needed[@]}" "${data[@]}")
[ ${#missing[@]} -gt 0 ] || exit 0
echo "tare: missing packages: ${missing[*]}"

run=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null || { ! sudo -n true 2>/dev/null && ! [ -t 0 ]; }; then
    echo "tare: as root, please:  apt-get install ${missing[*]}" >&2
    [ -z "$(missing_of "${needed[@]}")" ] # without the data alone the build goes on
    exit
  fi
  run=(sudo)
fi
apt=("${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600)
"${apt[@]}" update -q || echo "tare: apt-get update failed; trying with the package lists that are here" >&2
if ! "${apt[@]}" install -q -y --no-install-recommends "${missing[@]}"; then
  mapfile -t missing < <(missing_of "${needed[@]}")
  [ ${#missing[@]} -gt 0 ] || exit 0
  # One package that this release does not have must not keep the others away.
  for package in "${missing[@]}"; do "${apt[@]}" install -q -y --no-install-recommends "$package"; done
  mapfile -t missing < <(missing_of "${needed[@]}")
  if [ ${#missing[@]} -gt 0 ]; then
    echo "tare: could not install: ${missing[*]}" >&2
    exit 1
  fi
fi
