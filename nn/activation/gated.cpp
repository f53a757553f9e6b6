#include "nn/activation/gated.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

Tensors gate_halves(const char* type, const Tensor& x, int64_t dim) {
  int axis = normalize_axis(type, dim, x.dim());
  check<ShapeError>(x.dim() > 0 && x.shape()[axis] % 2 == 0, type, ": expected an even size along axis ", dim, " but the input is ", x.shape());
  int64_t half = x.shape()[axis] / 2;
  return {narrow(x, axis, 0, half), narrow(x, axis, half, half)};
}

}  // namespace

void GatedOptions::visit(Visitor& v) { v.option("dim", dim); }
void MaxoutOptions::visit(Visitor& v) {
  v.option("num_pieces", num_pieces);
  v.option("dim", dim);
}

GLU::GLU(Options o) : options(o) {}
Tensor GLU::forward(const Tensor& x) { return glu(x, options.dim); }

SwiGLU::SwiGLU(Options o) : options(o) {}
Tensor SwiGLU::forward(const Tensor& x) {
  Tensors half = gate_halves("SwiGLU", x, options.dim);
  return silu(half[0]) * half[1];
}

GEGLU::GEGLU(Options o) : options(o) {}
Tensor GEGLU::forward(const Tensor& x) {
  Tensors half = gate_halves("GEGLU", x, options.dim);
  return gelu(half[0]) * half[1];
}

Maxout::Maxout(Options o) : options(o) { check<ConfigError>(o.num_pieces >= 1, "Maxout: expected num_pieces of at least 1, not ", o.num_pieces); }
Tensor Maxout::forward(const Tensor& x) {
  int axis = normalize_axis("Maxout", options.dim, x.dim());
  check<ShapeError>(x.dim() > 0 && x.shape()[axis] % options.num_pieces == 0, "Maxout: expected a multiple of ", options.num_pieces, " along axis ", options.dim,
                    " but the input is ", x.shape());
  Shape shape = x.shape();
  shape[axis] /= options.num_pieces;
  shape.insert(axis + 1, options.num_pieces);
  return max(reshape(x, shape), axis + 1).values;
}

template class Layer<GLU>;
template class Layer<SwiGLU>;
template class Layer<GEGLU>;
template class Layer<Maxout>;

}  // namespace tare::nn
