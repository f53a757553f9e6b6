#!/usr/bin/env bash
# Writes tare.h anew: every public header, in the order of the floors. Run it after adding a header.
cd "$(dirname "$0")/.." || exit 1
internal='^(nn/(walk|observe|functions)|nn/.*/.*_impl|autograd/(table|functions|parts)|optim/(elementwise|check|functions|inplace|sweep|factored)|optim/functions)\.h$'
{
  echo '// Everything a program that uses tare needs: `#include "tare.h"`. Written by scripts/umbrella.sh.'
  echo '#pragma once'
  echo
  for h in core/context.h core/data/data.h core/json.h core/npy.h core/parallel.h core/random.h core/safetensors.h core/tensor.h \
    $(ls autograd/*.h autograd/ops/*.h nn/*.h nn/*/*.h optim/*.h optim/*/*.h | LC_ALL=C sort); do
    [ -e "$h" ] && ! [[ $h =~ $internal ]] && echo "#include \"$h\""
  done
} >tare.h
