#include "nn/flow/cinc_conv.h"

#include "autograd/ops/conv.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/causal_solve.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

Tensor last_tap(const Tensor& weight) { return select(select(weight, 3, -1), 2, -1); }

/// x + (the other taps)(x) = y. Its adjoint is the same map over flipped images with the channels exchanged, and the gradient of the taps is that of a
/// convolution at x: everything is a recorded operation, so that derivatives of any order follow. The last tap is not read and gets no gradient.
Tensor unit_inverse(const Tensor& y, const Tensor& taps) {
  return record("causal_conv2d_inverse", kernels::causal_solve(y, taps),
                from(y, [taps = saved(taps)](const Tensor& grad) { return flip(unit_inverse(flip(grad, {2, 3}), transpose(*taps, 0, 1)), {2, 3}); }),
                from(taps, [taps = saved(taps)](const Tensor& grad, const Tensor& x) {
                  int64_t k = taps->size(2);
                  Tensor g = flip(unit_inverse(flip(grad, {2, 3}), transpose(*taps, 0, 1)), {2, 3});
                  Tensor products = conv2d(transpose(pad(x, {k - 1, 0, k - 1, 0}), 0, 1), transpose(g, 0, 1));  // (c, o, k, k)
                  Tensor but_last = ones({k, k}, g.dtype());
                  fill_(select(select(but_last, 1, -1), 0, -1), 0.0);
                  return -transpose(products, 0, 1) * but_last;
                }));
}

}  // namespace

Tensor causal_conv2d_inverse(const Tensor& y, const Tensor& weight) {
  check<ShapeError>(y.dim() == 4 && weight.dim() == 4 && weight.size(0) == y.size(1) && weight.size(1) == y.size(1) && weight.size(2) == weight.size(3),
                    "causal_conv2d_inverse: expected y (B, C, H, W) and weight (C, C, k, k) but they are ", y.shape(), " and ", weight.shape());
  // Divided by the last tap on the left, the equation has the identity there.
  Tensor corner = last_tap(weight);
  int64_t c = y.size(1), k = weight.size(2);
  Tensor taps = reshape(solve(corner, reshape(weight, {c, c * k * k})), weight.shape());
  Tensor right = reshape(solve(corner, reshape(y, {y.size(0), c, y.size(2) * y.size(3)})), y.shape());
  return unit_inverse(right, taps);
}

void CInCConv2dOptions::visit(Visitor& v) {
  v.option("channels", channels);
  v.option("kernel_size", kernel_size);
  v.option("mask", mask, {"triangular", "full"});
  v.option("direction", direction, kDirections);
}

CInCConv2d::CInCConv2d(Options o) : options(o) {
  check<ConfigError>(options.channels >= 1 && options.kernel_size >= 1, "CInCConv2d: channels and kernel_size must be at least 1, not ", options.channels, " and ",
                     options.kernel_size);
  int64_t c = options.channels, k = options.kernel_size;
  Tensor start = init::normal({c, c, k, k}, 0, 0.02);
  add_(last_tap(start), eye(c, c, start.dtype()));
  weight = Parameter(start);
  bias = Parameter(init::zeros({c}));
}

void CInCConv2d::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

void CInCConv2d::check_input(const Tensor& x) const {
  check<ShapeError>(x.dim() == 4 && x.size(1) == options.channels, "CInCConv2d: expected an input (B, ", options.channels, ", H, W) but it is ", x.shape());
}

Tensor CInCConv2d::masked_weight() {
  if (options.mask == CInCMask::full) return weight();
  Tensor w = weight(), mask = ones(w.shape(), w.dtype());
  copy_(last_tap(mask), triu(last_tap(mask)));
  return w * mask;
}

Tensors CInCConv2d::forward(const Tensor& x) {
  if (options.direction == Direction::inverse) return {inverse(x)};
  check_input(x);
  int64_t k = options.kernel_size;
  Tensor w = masked_weight(), corner = last_tap(w);
  Tensor y = conv2d(pad(x, {k - 1, 0, k - 1, 0}), w, bias());
  Tensor log_det = options.mask == CInCMask::full ? slogdet(corner).second : sum(log(abs(diagonal(corner))));
  return {y, expand(log_det * double(x.size(2) * x.size(3)), {x.size(0)})};
}

Tensor CInCConv2d::inverse(const Tensor& y) {
  check_input(y);
  return causal_conv2d_inverse(y - reshape(bias(), {1, -1, 1, 1}), masked_weight());
}

template class Layer<CInCConv2d>;

}  // namespace tare::nn
