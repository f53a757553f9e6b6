// Distances between vectors. A distance of 0 has gradient 0.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare {

Tensor cdist(const Tensor& a, const Tensor& b, double p) {
  check<ShapeError>(a.dim() >= 2 && b.dim() >= 2 && a.size(-1) == b.size(-1), "cdist: expected rows of equal length (*, n, d) and (*, m, d) but the shapes are ",
                    a.shape(), " and ", b.shape());
  check<ValueError>(p >= 0, "cdist: expected an order of at least 0, not ", p);
  return norm(unsqueeze(a, -2) - unsqueeze(b, -3), p, {-1});
}

Tensor pdist(const Tensor& a, double p) {
  check<ShapeError>(a.dim() == 2, "pdist: expected a matrix of rows but the shape is ", a.shape());
  Tensor pairs = triu_indices(a.shape()[0], a.shape()[0], 1);
  return norm(index_select(a, 0, select(pairs, 0, 0)) - index_select(a, 0, select(pairs, 0, 1)), p, {-1});
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) { return norm(a - b + eps, p, {-1}, keepdim); }

// a . b / (|a| |b|), each norm at least eps.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, int64_t axis, double eps) {
  Shape shape = broadcast_shapes("cosine_similarity", a.shape(), b.shape());
  int d = normalize_axis("cosine_similarity", axis, shape.size());
  Tensor x = expand(a, shape), y = expand(b, shape);
  return sum((x / clamp(norm(x, 2, {d}, true), eps)) * (y / clamp(norm(y, 2, {d}, true), eps)), {d});
}

}  // namespace tare
