// Single images from and to files: PNG, and the Netpbm formats PGM and PPM.
#pragma once

#include <string>

#include "core/tensor.h"

namespace tare::data {

/// uint8 [channels, height, width]: one channel for grey images, three for colour (an alpha channel is laid over black). Throws FileError.
Tensor read_image(const std::string& path);
/// Writes a PNG of a uint8 tensor [height, width] or [1 or 3, height, width], atomically. Throws ShapeError or DTypeError.
void write_png(const std::string& path, const Tensor& image);

/// The bytes of such a file: for pictures inside of a report.
std::string png_bytes(const Tensor& image);

}  // namespace tare::data
