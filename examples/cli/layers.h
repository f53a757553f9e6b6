// The layers of a model, with the shapes they give.
#pragma once

#include <string>
#include <vector>

#include "nn/module.h"

namespace tare::cli {

struct LayerRow {
  std::string path, type, options;
  Shape output;            ///< of the first call
  bool called = false;     ///< false: not called by itself in this forward pass, and `output` means nothing
  int64_t parameters = 0;  ///< numbers of its own, without its children's
};

/// Every module below the root. Runs a copy of the model on `x`, in evaluation mode and off the tape.
std::vector<LayerRow> layers_of(nn::Module& model, const Tensor& x);

}  // namespace tare::cli
