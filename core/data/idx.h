// IDX files, the format of MNIST and its successors: a magic number (two zero bytes, element type, number of axes), the sizes, the elements;
// all big-endian. (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".)
#pragma once

#include <string>

#include "core/tensor.h"

namespace tare::data {

/// Reads a plain or gzip-compressed IDX file; integers other than uint8 become int64. Throws FileError for a wrong magic number, a file that is
/// cut off or too long, and damaged compressed data.
Tensor read_idx(const std::string& path);
/// Writes one, plain: uint8, float32 or float64 as they are. Throws DTypeError for other types.
void write_idx(const std::string& path, const Tensor& t);

}  // namespace tare::data
