// NumPy's files: .npy (one array) and .npz (a zip archive of them).
#pragma once

#include <string>

#include "core/safetensors.h"
#include "core/tensor.h"

namespace tare {

/// Reads a .npy file of version 1 to 3: little- or big-endian, C or Fortran order, of bools, integers and floats of 1 to 8 bytes
/// (float16 becomes float32, integers other than uint8 int64). Throws FileError.
Tensor read_npy(const std::string& path);
/// Writes atomically, in C order.
void write_npy(const std::string& path, const Tensor& t);

/// Reads a .npz archive, stored or compressed: name (without ".npy") and array, in the archive's order. Throws FileError.
NamedTensors read_npz(const std::string& path);
/// Writes atomically, uncompressed, as numpy.savez does. Throws ValueError beyond 4 GiB or when a name is empty or stands twice.
void write_npz(const std::string& path, const NamedTensors& tensors);

}  // namespace tare
