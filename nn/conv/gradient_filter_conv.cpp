#include "nn/conv/gradient_filter_conv.h"

#include "autograd/ops/conv.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/pool.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

/// Patches of side `side` that cover `size`, centred: how many, and what is padded before and after.
struct Cover {
  int64_t count, side, before, after;
  Cover(int64_t count_, int64_t side_, int64_t size) : count(count_), side(side_), before((count * side - size + 1) / 2), after(count * side - size - before) {}
};

/// Sums over patches: (N, C, H, W) -> (N, C, ph, pw).
Tensor patch_sums(const Tensor& t, const Cover& h, const Cover& w) {
  Tensor wide = pad(t, {w.before, w.after, h.before, h.after});
  return sum(reshape(wide, {t.size(0), t.size(1), h.count, h.side, w.count, w.side}), {3, 5});
}

/// How many pixels there are in each patch of a map of this size: (1, 1, ph, pw).
Tensor patch_counts(const Tensor& like, const Cover& h, const Cover& w) {
  Tensor row = ones({1, 1, like.size(2), like.size(3)}, like.dtype());
  return patch_sums(row, h, w);
}

/// Each entry at all pixels of its patch, cut to the size of the map.
Tensor spread_patches(const Tensor& small, const Cover& h, const Cover& w, const Shape& size) {
  Tensor wide = repeat_interleave(repeat_interleave(small, h.side, 2), w.side, 3);
  return narrow(narrow(wide, 2, h.before, size[2]), 3, w.before, size[3]);
}

}  // namespace

void GradientFilterConv2dOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("kernel_size", kernel_size);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("groups", groups);
  v.option("bias", bias);
  v.option("radius", radius);
}

GradientFilterConv2d::GradientFilterConv2d(Options o) : options(std::move(o)) {
  const Options& c = options;
  check<ConfigError>(c.in_channels >= 1 && c.out_channels >= 1, type, ": in_channels and out_channels must be at least 1, not ", c.in_channels, " and ", c.out_channels);
  check<ConfigError>(c.groups == 1 || (c.groups == c.in_channels && c.groups == c.out_channels), type, ": groups must be 1, or in_channels and out_channels, not ", c.groups);
  check<ConfigError>(c.radius >= 1, type, ": radius must be at least 1, not ", c.radius);
  Shape kernel = c.kernel_size.for_axes(type, "kernel_size", 2, 1);
  stride_ = c.stride.for_axes(type, "stride", 2, 1);
  padding_ = c.padding.for_axes(type, "padding", 2, 0);
  for (int a = 0; a < 2; a++)
    check<ConfigError>(kernel[a] % 2 == 1 && padding_[a] == (kernel[a] - 1) / 2, type, ": expected an odd kernel_size k and padding (k - 1) / 2 but they are ", kernel, " and ", padding_);
  Shape shape{c.out_channels, c.in_channels / c.groups, kernel[0], kernel[1]};
  weight = Parameter(init::layer_default(shape));
  if (c.bias) bias = Parameter(init::bias_default({c.out_channels}, shape));
}

void GradientFilterConv2d::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("bias", bias, Role::bias);
}

Tensor GradientFilterConv2d::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 4 && x.size(1) == options.in_channels, type, ": expected an input (N, ", options.in_channels, ", H, W) but it is ", x.shape());
  Tensor w = weight(), b = bias();
  Tensor y;
  {
    NoGrad off;
    y = conv2d(x, w, b, {stride_, padding_, {1}, options.groups});
  }
  if (!training() || !context().grad_enabled) return context().grad_enabled ? conv2d(x, w, b, {stride_, padding_, {1}, options.groups}) : y;
  int64_t r = options.radius;
  auto covers = [r](int64_t size, int64_t out, int64_t step) { return std::pair(Cover((out + r - 1) / r, r * step, size), Cover((out + r - 1) / r, r, out)); };
  auto [xh, yh] = covers(x.size(2), y.size(2), stride_[0]);
  auto [xw, yw] = covers(x.size(3), y.size(3), stride_[1]);
  NoGrad off;
  Tensor x_sum = patch_sums(x.detach(), xh, xw), w_sum = sum(w.detach(), {2, 3});
  EnableGrad on;
  Shape x_shape = x.shape(), w_shape = w.shape();
  bool depthwise = options.groups > 1;
  // x and w reach the tape for their edges alone: small stand-ins carry what the backward pass needs.
  return record(
      "gradient_filter_conv2d", y,
      from(x,
           [=, xh = xh, xw = xw, yh = yh, yw = yw](const Tensor& gy) {
             Tensor gbar = patch_sums(gy, yh, yw) / patch_counts(gy, yh, yw);
             Tensor small = depthwise ? gbar * reshape(w_sum, {1, -1, 1, 1}) : conv2d(gbar, reshape(transpose(w_sum), {w_shape[1], w_shape[0], 1, 1}));
             return spread_patches(small, xh, xw, x_shape);
           }),
      from(w,
           [=, yh = yh, yw = yw](const Tensor& gy) {
             Tensor gbar = patch_sums(gy, yh, yw) / patch_counts(gy, yh, yw);
             if (depthwise) return expand(reshape(sum(gbar * x_sum, {0, 2, 3}), {w_shape[0], 1, 1, 1}), w_shape);
             auto rows = [](const Tensor& t) { return reshape(movedim(t, {1}, {0}), {t.size(1), -1}); };
             return expand(reshape(matmul(rows(gbar), transpose(rows(x_sum))), {w_shape[0], w_shape[1], 1, 1}), w_shape);
           }),
      from(b, [](const Tensor& gy) { return sum(gy, {0, 2, 3}); }));
}

template class Layer<GradientFilterConv2d>;

}  // namespace tare::nn
