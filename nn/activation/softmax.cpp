#include "nn/activation/softmax.h"

#include "autograd/ops/activation.h"

namespace tare::nn {
namespace {

int64_t softmax_axis(const SoftmaxOptions& o, const Tensor& x) { return o.dim ? *o.dim : x.dim() == 0 || x.dim() == 1 || x.dim() == 3 ? 0 : 1; }

}  // namespace

void SoftmaxOptions::visit(Visitor& v) { v.option("dim", dim); }

Softmax::Softmax(Options o) : options(o) {}
Softmax::Softmax(int64_t dim) : options{dim} {}
Tensor Softmax::forward(const Tensor& x) { return softmax(x, softmax_axis(options, x)); }

LogSoftmax::LogSoftmax(Options o) : options(o) {}
LogSoftmax::LogSoftmax(int64_t dim) : options{dim} {}
Tensor LogSoftmax::forward(const Tensor& x) { return log_softmax(x, softmax_axis(options, x)); }

Softmin::Softmin(Options o) : options(o) {}
Softmin::Softmin(int64_t dim) : options{dim} {}
Tensor Softmin::forward(const Tensor& x) { return softmin(x, softmax_axis(options, x)); }

Tensor Softmax2d::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 3 || x.dim() == 4, "Softmax2d: expected an input (N, C, H, W) or (C, H, W) but it is ", x.shape());
  return softmax(x, -3);
}

template class Layer<Softmax>;
template class Layer<LogSoftmax>;
template class Layer<Softmin>;
template class Layer<Softmax2d>;

}  // namespace tare::nn
