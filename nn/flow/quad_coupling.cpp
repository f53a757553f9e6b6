#include "nn/flow/quad_coupling.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/conv/conv.h"

namespace tare::nn {

void QuadCouplingOptions::visit(Visitor& v) {
  v.option("channels", channels);
  v.option("net", net, {"conv3x3", "conv1x1"});
}

QuadCoupling::QuadCoupling(Options o) : options(o) {
  check<ConfigError>(options.channels >= 4 && options.channels % 4 == 0, "QuadCoupling: channels must be a multiple of 4, not ", options.channels);
  int64_t quarter = options.channels / 4, side = options.net == QuadNet::conv3x3 ? 3 : 1;
  AnyModule* nets[] = {&f1, &f2, &f3};
  for (int64_t i = 0; i < 3; i++)
    *nets[i] = Conv2d({.in_channels = (i + 1) * quarter, .out_channels = 2 * quarter, .kernel_size = side, .padding = side / 2});
}

void QuadCoupling::visit(Visitor& v) {
  v.exchangeable("f1", f1);
  v.exchangeable("f2", f2);
  v.exchangeable("f3", f3);
}

Tensors QuadCoupling::quarters(const Tensor& x) const {
  check<ShapeError>(x.dim() == 4 && x.size(1) == options.channels, "QuadCoupling: expected an input (B, ", options.channels, ", H, W) but it is ", x.shape());
  return chunk(x, 4, 1);
}

std::pair<Tensor, Tensor> QuadCoupling::coefficients(AnyModule& f, const Tensors& before) {
  Tensor h = f(cat(before, 1));
  check<ShapeError>(h.dim() == 4 && h.size(1) == options.channels / 2, "QuadCoupling: expected ", options.channels / 2,
                    " channels (shift and scale of a quarter) from f", before.size(), " but its output is ", h.shape());
  return {slice(h, 1, 0, h.size(1), 2), logsigmoid(slice(h, 1, 1, h.size(1), 2) + 2.0)};
}

Tensors QuadCoupling::forward(const Tensor& z) {
  Tensors parts = quarters(z), y{parts[0]};
  Tensor log_det;
  AnyModule* nets[] = {&f1, &f2, &f3};
  for (size_t i = 0; i < 3; i++) {
    auto [shift, log_s] = coefficients(*nets[i], Tensors(parts.begin(), parts.begin() + int64_t(i) + 1));
    y.push_back((parts[i + 1] + shift) * exp(log_s));
    Tensor l = sum(log_s, {1, 2, 3});
    log_det = log_det.defined() ? log_det + l : l;
  }
  return {cat(y, 1), log_det};
}

Tensor QuadCoupling::inverse(const Tensor& y) {
  Tensors parts = quarters(y), z{parts[0]};
  AnyModule* nets[] = {&f1, &f2, &f3};
  for (size_t i = 0; i < 3; i++) {
    auto [shift, log_s] = coefficients(*nets[i], z);
    z.push_back(parts[i + 1] * exp(-log_s) - shift);
  }
  return cat(z, 1);
}

template class Layer<QuadCoupling>;

}  // namespace tare::nn
