// Extremes along one axis, with positions: the gradient goes where the value came from.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

// Gradients of chosen values, back to zeros of x's shape.
ValuesAndIndices chosen(const char* name, const Tensor& x, int axis, bool keepdim, std::pair<Tensor, Tensor> found) {
  auto& [values, where_from] = found;
  Tensor y = record(name, values, from(x, [shape = x.shape(), axis, keepdim, at = where_from](const Tensor& grad) {
                      bool keep = keepdim || shape.empty();
                      return scatter_add(zeros(shape, grad.dtype()), axis, keep ? at : unsqueeze(at, axis), keep ? grad : unsqueeze(grad, axis));
                    }));
  return {y, where_from};
}

ValuesAndIndices running(const char* name, const Tensor& x, int axis, std::pair<Tensor, Tensor> found) {
  Tensor y = record(name, found.first, from(x, [shape = x.shape(), axis, at = found.second](const Tensor& grad) {
                      return scatter_add(zeros(shape, grad.dtype()), axis, at, grad);
                    }));
  return {y, found.second};
}

}  // namespace

ValuesAndIndices max(const Tensor& x, int64_t axis, bool keepdim) {
  return chosen("max", x, normalize_axis("max", axis, x.dim()), keepdim, kernels::max(x, axis, keepdim));
}
ValuesAndIndices min(const Tensor& x, int64_t axis, bool keepdim) {
  return chosen("min", x, normalize_axis("min", axis, x.dim()), keepdim, kernels::min(x, axis, keepdim));
}
Tensor argmax(const Tensor& x) { return kernels::argmax(x); }
Tensor argmax(const Tensor& x, int64_t axis, bool keepdim) { return kernels::argmax(x, axis, keepdim); }
Tensor argmin(const Tensor& x) { return kernels::argmin(x); }
Tensor argmin(const Tensor& x, int64_t axis, bool keepdim) { return kernels::argmin(x, axis, keepdim); }

ValuesAndIndices cummax(const Tensor& x, int64_t axis) { return running("cummax", x, normalize_axis("cummax", axis, x.dim()), kernels::cummax(x, axis)); }
ValuesAndIndices cummin(const Tensor& x, int64_t axis) { return running("cummin", x, normalize_axis("cummin", axis, x.dim()), kernels::cummin(x, axis)); }

}  // namespace tare
