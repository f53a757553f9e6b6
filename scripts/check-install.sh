#!/usr/bin/env bash
# Installs a built tree (argument: the build folder, default build) into a temporary folder and builds a small program against it, once
# with find_package and once with pkg-config, outside of the source tree.
cd "$(dirname "$0")/.." || exit 1
build=$(realpath "${1:-build}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CCACHE_DISABLE=1

report() {
  if [ "$1" = 0 ]; then
    echo "ok: $2"
    passed=$((passed + 1))
  else
    cat "$folder/log"
    echo "failed: $2"
    failed=$((failed + 1))
  fi
}
passed=0
failed=0

cmake --install "$build" --prefix "$folder/prefix" >"$folder/log" 2>&1
report $? "cmake --install"

mkdir "$folder/user"
cd "$folder/user" || exit 1
cat >user.cpp <<'CPP'
#include <cstdio>

#include "tare.h"

int main() {
  tare::Tensor x = tare::empty({3});
  std::printf("%lld numbers\n", static_cast<long long>(x.numel()));
}
CPP
sed 's|"tare.h"|<tare/tare.h>|' user.cpp >angle.cpp
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(user CXX)
find_package(tare REQUIRED)
add_executable(user user.cpp)
target_link_libraries(user PRIVATE tare::tare)
CMAKE

{
  cmake -G Ninja -S . -B build -DCMAKE_PREFIX_PATH="$folder/prefix" && cmake --build build && [ "$(build/user)" = "3 numbers" ]
} >"$folder/log" 2>&1
report $? "a program built with find_package(tare)"

{
  pc=$(dirname "$(find "$folder/prefix" -name tare.pc)")
  g++ angle.cpp -o angle $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs tare) && [ "$(./angle)" = "3 numbers" ]
} >"$folder/log" 2>&1
report $? "a program built with pkg-config"

{
  sed 's|<tare.h>|<tare/tare.h>|' "$OLDPWD/examples/train/mlp.cpp" >mlp.cpp
  g++ -std=c++20 -O2 mlp.cpp -o mlp $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs tare)
} >"$folder/log" 2>&1
report $? "examples/train/mlp.cpp built outside of the tree"
if [ -e /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ]; then
  { ./mlp | tee /dev/stderr | grep -qE '^test accuracy after one epoch: 8[0-9]\.[0-9]+%$' && [ -s model.json ]; } >"$folder/log" 2>&1
  report $? "examples/train/mlp.cpp trains"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
