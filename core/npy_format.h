// The .npy format on any stream: what .npy and .npz files share.
#pragma once

#include <string>

#include "core/input.h"
#include "core/tensor.h"

namespace tare {

/// Reads one array; `available` bytes of stream follow at most, and bound what is allocated.
Tensor read_npy_stream(Input& in, uint64_t available);
/// Magic, version and header of `t`, padded to a multiple of 64 bytes; the elements in C order follow it.
std::string npy_header(const Tensor& t);

}  // namespace tare
