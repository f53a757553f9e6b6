// What reparameterizations share: a weight seen as rows or as a matrix, and the questions they ask of the weight they start from.
#pragma once

#include <optional>
#include <string_view>

#include "core/tensor.h"

namespace tare::nn {

/// All axes but `dim`.
Shape axes_but(int rank, int64_t dim);
/// Axis `dim` first, the others taken together: (h, w). A scalar is (1, 1).
Tensor as_matrix(const Tensor& w, int64_t dim = 0);
/// as_matrix's inverse, for a weight of the given shape.
Tensor from_matrix(const Tensor& m, const Shape& shape, int64_t dim = 0);
/// unit_rows where a row is what one index of axis `dim` leaves; null: the whole tensor is one row.
Tensor unit_along(const Tensor& w, const Tensor& gain, std::optional<int64_t> dim, bool centred = false, double floor = 0);

/// Whether the numbers of the weight that initialize() gets mean nothing, because all will be overwritten (a saved model is being read).
bool shapes_alone();
/// Throws ShapeError unless axis `dim` exists.
void check_dim(std::string_view type, std::string_view path, const Tensor& w, int64_t dim);
/// Throws ValueError when a row of as_matrix(w, dim) (with `centred`: the row minus its mean) has no direction: is zero, or not finite.
void check_rows(std::string_view type, std::string_view path, const Tensor& w, std::optional<int64_t> dim, bool centred = false);
/// Throws ValueError when the matrix m has a rank below its smaller side.
void check_full_rank(std::string_view type, std::string_view path, const Tensor& m);
/// Throws ShapeError unless w is a square matrix.
void check_square(std::string_view type, std::string_view path, const Tensor& w);
/// Throws ValueError unless every element satisfies lo < w.
void check_above(std::string_view type, std::string_view path, const Tensor& w, double lo);

}  // namespace tare::nn
