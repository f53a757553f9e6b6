#!/usr/bin/env bash
# Installs the Debian packages tare is built from, where some are missing. Arguments: further packages.
# As root or through sudo; where neither is possible it says what to install. (No process substitution: a bare chroot has no /proc.)
set -u

needed="g++ cmake ninja-build pkg-config libtbb-dev libopenblas-dev liblapacke-dev zlib1g-dev nlohmann-json3-dev
        libhwy-dev libcli11-dev libfmt-dev libkissfft-dev libpng-dev doctest-dev $*"
data="dataset-fashion-mnist libjs-chart.js" # the demo's images, the reports' charts: nothing is compiled against them

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "tare: this is not a Debian-based system; the build needs what these Debian packages hold:" $needed $data >&2
  exit 0 # CMake finds out whether they are here
fi

missing_of() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}
missing=$(missing_of $needed $data)
[ -n "$missing" ] || exit 0
echo "tare: missing packages:" $missing

run=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null || { ! sudo -n true 2>/dev/null && ! [ -t 0 ]; }; then
    echo "tare: as root, please:  apt-get install" $missing >&2
    [ -z "$(missing_of $needed)" ] # without the data alone the build goes on
    exit
  fi
  run=sudo
fi
apt="$run env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600"
$apt update || echo "tare: apt-get update failed; trying with the package lists that are here" >&2
if ! $apt install -y --no-install-recommends $missing; then
  # One package that this release does not have must not keep the others away.
  for package in $missing; do $apt install -y --no-install-recommends "$package"; done
  missing=$(missing_of $needed)
  if [ -n "$missing" ]; then
    echo "tare: could not install:" $missing >&2
    exit 1
  fi
fi
