// Files of named tensors as Hugging Face's safetensors library writes them: how weights travel between PyTorch and tare.
//
// Layout: the length of the header (8 bytes, little-endian), the header (JSON: name -> {"dtype", "shape", "data_offsets": [begin, end)},
// and "__metadata__": strings), then the data. The tensors must cover the data exactly: no overlap, no hole, nothing behind.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace tare {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// All tensors of the file, in the order of its header. F16 and BF16 become float32; integers other than U8 become int64.
/// Throws FileError for anything that is wrong with the file.
NamedTensors read_safetensors(const std::string& path, Metadata* metadata = nullptr);

/// Writes atomically. Throws ValueError for an empty name, a name that stands twice and an undefined tensor.
void write_safetensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata = {});

}  // namespace tare
