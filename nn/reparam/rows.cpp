#include "nn/reparam/rows.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"

namespace tare::nn {
namespace {

Shape moved_shape(const Shape& shape, int64_t dim) {
  Shape moved;
  moved.push_back(shape[int(dim)]);
  for (int i = 0; i < shape.size(); i++)
    if (i != dim) moved.push_back(shape[i]);
  return moved;
}

}  // namespace

Shape axes_but(int rank, int64_t dim) {
  Shape others;
  int kept = normalize_axis("axes_but", dim, rank);
  for (int i = 0; i < rank; i++)
    if (i != kept) others.push_back(i);
  return others;
}

Tensor as_matrix(const Tensor& w, int64_t dim) {
  if (w.dim() == 0) return reshape(w, {1, 1});
  int axis = normalize_axis("as_matrix", dim, w.dim());
  int64_t rows = w.size(axis);
  return reshape(axis ? movedim(w, {axis}, {0}) : w, {rows, w.numel() / std::max<int64_t>(rows, 1)});
}

Tensor from_matrix(const Tensor& m, const Shape& shape, int64_t dim) {
  if (shape.size() == 0) return reshape(m, shape);
  int axis = normalize_axis("from_matrix", dim, shape.size());
  return axis ? movedim(reshape(m, moved_shape(shape, axis)), {0}, {axis}) : reshape(m, shape);
}

Tensor unit_along(const Tensor& w, const Tensor& gain, std::optional<int64_t> dim, bool centred, double floor) {
  if (!dim) return reshape(unit_rows(reshape(w, {1, w.numel()}), gain, centred, floor), w.shape());
  int axis = w.dim() ? normalize_axis("unit_along", *dim, w.dim()) : 0;
  if (axis == 0) return unit_rows(w, gain, centred, floor);
  return movedim(unit_rows(movedim(w, {axis}, {0}), gain, centred, floor), {0}, {axis});
}

bool shapes_alone() { return context().no_init; }

void check_dim(std::string_view type, std::string_view path, const Tensor& w, int64_t dim) {
  check<ShapeError>(dim < w.dim() && dim >= -w.dim(), type, ": dim = ", dim, " does not fit ", path, " of shape ", w.shape());
}

void check_rows(std::string_view type, std::string_view path, const Tensor& w, std::optional<int64_t> dim, bool centred) {
  if (shapes_alone()) return;
  Tensor m = dim ? as_matrix(w, *dim) : reshape(w, {1, w.numel()});
  if (m.numel() == 0) return;
  if (centred) m = m - mean(m, {1}, true);
  // A constant row minus its mean is what rounding leaves.
  double tiny = centred ? (w.dtype() == DType::float64 ? 1e-14 : 1e-6) : 0;
  auto lengths = norm(m, 2, {1}).to_vector<double>(), sizes = amax(abs(dim ? as_matrix(w, *dim) : reshape(w, {1, w.numel()})), {1}).to_vector<double>();
  for (size_t i = 0; i < lengths.size(); i++)
    check<ValueError>(std::isfinite(lengths[i]) && lengths[i] > tiny * sizes[i], type, ": ", path, " of shape ", w.shape(),
                      dim ? text(": the slice at ", i, " of axis ", *dim) : std::string(": the whole"), centred ? " is constant" : " is zero",
                      " or not finite, so it has no direction to keep; initialize it with other numbers first");
}

void check_full_rank(std::string_view type, std::string_view path, const Tensor& m) {
  if (shapes_alone() || m.numel() == 0) return;
  // In double, a float matrix of rank 1 has singular values of its rounding only: below one float epsilon of the largest. An ordinary square one may come near
  // to 512 epsilons, which is torch.linalg.matrix_rank's bound for this size.
  double relative = m.dtype() == DType::float64 ? 1e-14 : 1.2e-7;
  int64_t rank = matrix_rank(to(m.detach(), DType::float64), {}, relative).item<int64_t>(), full = std::min(m.size(0), m.size(1));
  check<ValueError>(rank == full, type, ": ", path, " as a matrix ", m.shape(), " has rank ", rank, ", and no nearest orthogonal matrix; it takes rank ", full);
}

void check_square(std::string_view type, std::string_view path, const Tensor& w) {
  check<ShapeError>(w.dim() == 2 && w.size(0) == w.size(1), type, ": ", path, " must be a square matrix, but its shape is ", w.shape());
}

void check_above(std::string_view type, std::string_view path, const Tensor& w, double lo) {
  if (shapes_alone()) return;
  auto v = w.to_vector<double>();
  for (size_t i = 0; i < v.size(); i++)
    check<ValueError>(v[i] > lo, type, ": element ", i, " of ", path, " is ", v[i], ", but this method yields only numbers above ", lo,
                      "; there is no inverse to start from");
}

}  // namespace tare::nn
