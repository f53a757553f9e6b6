#include "nn/reparam/circulant.h"

#include <numeric>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/reparam/rows.h"

namespace tare::nn {
namespace {

// (i - j) mod b for every place of a block, row by row: int64 (b b).
Tensor wrapped_diagonals(int64_t b) {
  std::vector<int64_t> at(size_t(b * b));
  for (int64_t i = 0; i < b; i++)
    for (int64_t j = 0; j < b; j++) at[size_t(i * b + j)] = (i - j + b) % b;
  return from_vector(at, {b * b});
}

}  // namespace

void CirculantOptions::visit(Visitor& v) { v.option("block", block); }

Circulant::Circulant(Options o) : options(o) { check<ConfigError>(o.block >= 0, "Circulant: block must be at least 1, or 0, not ", o.block); }

void Circulant::visit(Visitor& visitor) { visitor.parameter("weight_c", c); }

Tensor Circulant::weight() {
  Tensor first = c();
  int64_t down = first.size(0), across = first.size(1), b = first.size(2);
  Tensor blocks = reshape(index_select(first, 2, wrapped_diagonals(b)), {down, across, b, b});
  return reshape(permute(blocks, {0, 2, 1, 3}), shape_);
}

void Circulant::initialize(const Tensor& w, std::string_view path) {
  NoGrad off;
  Tensor m = as_matrix(w);
  int64_t b = options.block ? options.block : std::gcd(m.size(0), m.size(1));
  check<ShapeError>(b > 0 && m.size(0) % b == 0 && m.size(1) % b == 0, type, ": block = ", b, " does not divide the sides of ", path, " of shape ", w.shape(),
                    ", which is a matrix ", m.shape());
  int64_t down = m.size(0) / b, across = m.size(1) / b;
  Tensor blocks = reshape(permute(reshape(m, {down, b, across, b}), {0, 2, 1, 3}), {down, across, b * b});
  c.start(index_add(zeros({down, across, b}, w.dtype()), 2, wrapped_diagonals(b), blocks) / b, path);
  shape_ = w.shape();
}

template class Reparam<Circulant>;

}  // namespace tare::nn
