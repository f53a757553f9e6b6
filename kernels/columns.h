// An image unfolded into columns: the matrix that turns a convolution into a product.
#pragma once

#include "kernels/conv_geometry.h"

namespace tare::kernels {

/// Some output positions of an image. A line is a row of outputs along the last axis, counted through the first two axes.
struct Positions {
  int64_t line, lines;     // first line, and how many
  int64_t first, columns;  // first position within a line, and how many
  int64_t count() const { return lines * columns; }
};

/// Row (c, q) of `columns` holds x[c, stride p + dilation q - padding] (0 outside the image) for the given positions p, for
/// c < channels and the kernel's taps q in order; rows are `row` numbers apart.
void im2col(const ConvGeometry& g, int64_t channels, const Positions& p, const float* x, float* columns, int64_t row);
void im2col(const ConvGeometry& g, int64_t channels, const Positions& p, const double* x, double* columns, int64_t row);
/// The adjoint: adds every entry to the pixel that im2col reads it from.
void col2im(const ConvGeometry& g, int64_t channels, const Positions& p, const float* columns, int64_t row, float* x);
void col2im(const ConvGeometry& g, int64_t channels, const Positions& p, const double* columns, int64_t row, double* x);

}  // namespace tare::kernels
