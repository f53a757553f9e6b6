#include "autograd/ops/norm.h"

#include <limits>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/norm.h"
#include "kernels/unit_rows.h"
#include "kernels/window_sum.h"

namespace tare {
namespace {

kernels::Wanted wanted_of(Needs needs) { return {.dx = needs[0], .dw = needs[1], .db = needs[2]}; }
Tensors as_list(kernels::NormGrads g) { return {std::move(g.dx), std::move(g.dw), std::move(g.db)}; }

Tensor affine(Tensor y, const Tensor& weight, const Tensor& bias) {
  if (weight.defined()) y = y * weight;
  return bias.defined() ? y + bias : y;
}
Tensor affine_per_channel(const Tensor& y, const Tensor& weight, const Tensor& bias) {
  return affine(y, weight.defined() ? per_channel(weight, y.dim()) : weight, bias.defined() ? per_channel(bias, y.dim()) : bias);
}

/// The trailing axes that normalized_shape names, checked against x.
Shape trailing_axes(const char* call, const Tensor& x, const Shape& normalized_shape) {
  int k = normalized_shape.size();
  check<ShapeError>(k >= 1, call, ": normalized_shape must have at least one dimension");
  check<ShapeError>(x.dim() >= k && x.shape().slice(x.dim() - k) == normalized_shape, call, ": expected the last dimensions of the input to be ",
                    normalized_shape, " but the input is ", x.shape());
  Shape axes;
  for (int i = x.dim() - k; i < x.dim(); i++) axes.push_back(i);
  return axes;
}

}  // namespace

Tensor per_channel(const Tensor& v, int rank) {
  Shape shape(rank, 1);
  shape[1] = v.numel();
  return reshape(v, shape);
}
Shape batch_axes(int rank) {
  Shape axes{0};
  for (int i = 2; i < rank; i++) axes.push_back(i);
  return axes;
}
Shape spatial_axes(int rank) {
  Shape axes;
  for (int i = 2; i < rank; i++) axes.push_back(i);
  return axes;
}

Moments moments(const Tensor& x, const Shape& axes) {
  Tensor m = mean(x, axes, true);
  return {m, mean(square(x - m), axes, true)};
}

BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps, bool cut) {
  kernels::NormResult r = kernels::batch_norm(x, weight, bias, eps, cut);
  Tensor mean = r.mean, variance = r.variance, y = std::move(r.y);
  r.y = {};
  auto backward = [r, cut](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    return as_list(kernels::batch_norm_backward(grads[0], in[0], r, in[1], in[2], wanted_of(needs), cut));
  };
  auto composed = [eps, cut](const Tensors& in) {
    Moments m = moments(in[0], batch_axes(in[0].dim()));
    Tensor z = affine_per_channel((in[0] - m.mean) / sqrt(m.variance + eps), in[1], in[2]);
    return Tensors{cut ? relu(z) : z};
  };
  return {fused("batch_norm", std::move(y), {x, weight, bias}, backward, composed), mean, variance};
}

Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& weight, const Tensor& bias, double eps, bool cut) {
  check<ShapeError>(x.dim() >= 2, "batch_norm: expected an input of shape [N, C, ...] but it is ", x.shape());
  auto define = [eps, cut](const Tensor& in, const Tensor& m, const Tensor& v, const Tensor& w, const Tensor& b) {
    Tensor z = affine_per_channel((in - per_channel(m, in.dim())) / sqrt(per_channel(v, in.dim()) + eps), w, b);
    return cut ? relu(z) : z;
  };
  if (mean.requires_grad() || variance.requires_grad()) return define(x, mean, variance, weight, bias);
  // Copies: running statistics may move on before the backward pass comes.
  Tensor m = kernels::copy(mean), v = kernels::copy(variance);
  kernels::NormResult r = kernels::batch_norm_eval(x, m, v, weight, bias, eps, cut);
  Tensor y = std::move(r.y);
  r.y = {};
  auto backward = [r, cut](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    return as_list(kernels::batch_norm_eval_backward(grads[0], in[0], r, in[1], in[2], wanted_of(needs), cut));
  };
  auto composed = [define, m, v](const Tensors& in) { return Tensors{define(in[0], m, v, in[1], in[2])}; };
  return fused("batch_norm", std::move(y), {x, weight, bias}, backward, composed);
}

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias, double eps) {
  Shape axes = trailing_axes("layer_norm", x, normalized_shape);
  int k = axes.size();
  kernels::NormResult r = kernels::layer_norm(x, k, weight, bias, eps);
  Tensor y = std::move(r.y);
  r.y = {};
  auto backward = [r, k](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    return as_list(kernels::layer_norm_backward(grads[0], in[0], r, k, in[1], wanted_of(needs)));
  };
  auto composed = [axes, eps](const Tensors& in) {
    Moments m = moments(in[0], axes);
    return Tensors{affine((in[0] - m.mean) / sqrt(m.variance + eps), in[1], in[2])};
  };
  return fused("layer_norm", std::move(y), {x, weight, bias}, backward, composed);
}

Tensor rms_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, std::optional<double> given) {
  Shape axes = trailing_axes("rms_norm", x, normalized_shape);
  int k = axes.size();
  double eps = given.value_or(x.dtype() == DType::float64 ? std::numeric_limits<double>::epsilon() : double(std::numeric_limits<float>::epsilon()));
  kernels::NormResult r = kernels::rms_norm(x, k, weight, eps);
  Tensor y = std::move(r.y);
  r.y = {};
  auto backward = [r, k](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    return as_list(kernels::rms_norm_backward(grads[0], in[0], r, k, in[1], wanted_of(needs)));
  };
  auto composed = [axes, eps](const Tensors& in) { return Tensors{affine(in[0] / sqrt(mean(square(in[0]), axes, true) + eps), in[1], {})}; };
  return fused("rms_norm", std::move(y), {x, weight}, backward, composed);
}

Tensor group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  kernels::NormResult r = kernels::group_norm(x, groups, weight, bias, eps);
  Tensor y = std::move(r.y);
  r.y = {};
  auto backward = [r, groups](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    return as_list(kernels::group_norm_backward(grads[0], in[0], r, groups, in[1], wanted_of(needs)));
  };
  auto composed = [groups, eps](const Tensors& in) {
    const Tensor& x = in[0];
    Tensor rows = reshape(x, {x.size(0), groups, x.numel() / std::max<int64_t>(1, x.size(0) * groups)});
    Moments m = moments(rows, {2});
    return Tensors{affine_per_channel(reshape((rows - m.mean) / sqrt(m.variance + eps), x.shape()), in[1], in[2])};
  };
  return fused("group_norm", std::move(y), {x, weight, bias}, backward, composed);
}

Tensor instance_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  check<ShapeError>(x.dim() >= 3, "instance_norm: expected an input of shape [N, C, ...] with at least one spatial dimension but it is ", x.shape());
  return group_norm(x, x.size(1), weight, bias, eps);
}

Tensor unit_rows(const Tensor& x, const Tensor& gain, bool centred, double floor) {
  int64_t rows = x.dim() ? x.size(0) : 1;
  check<ShapeError>(!gain.defined() || gain.numel() == rows, "unit_rows: expected one gain for each of the ", rows, " rows of the input ", x.shape(), ", not ",
                    gain.defined() ? gain.shape() : Shape());
  check<DTypeError>(!gain.defined() || gain.dtype() == x.dtype(), "unit_rows: the input is ", x.dtype(), " but the gain is ", gain.defined() ? gain.dtype() : x.dtype());
  kernels::UnitRows r = kernels::unit_rows(x, gain, centred, floor);
  Tensor y = std::move(r.y);
  r.y = {};
  auto backward = [r, centred, floor](const Tensors& grads, const Tensors& in, const Tensors&, Needs needs) {
    kernels::UnitRowsGrads g = kernels::unit_rows_backward(grads[0], in[0], in[1], r, centred, floor, needs[0], needs[1]);
    return Tensors{std::move(g.dx), std::move(g.dgain)};
  };
  auto composed = [rows, centred, floor](const Tensors& in) {
    Tensor c = reshape(in[0], {rows, in[0].numel() / std::max<int64_t>(rows, 1)});
    if (centred) c = c - mean(c, {1}, true);
    Tensor unit = c / clamp(norm(c, 2, {1}, true), floor);
    return Tensors{reshape(in[1].defined() ? unit * reshape(in[1], {rows, 1}) : unit, in[0].shape())};
  };
  return fused("unit_rows", std::move(y), {x, gain}, backward, composed);
}

Tensor window_sum(const Tensor& x, int64_t axis, int64_t before, int64_t after) {
  // The adjoint of looking back is looking ahead.
  return record("window_sum", kernels::window_sum(x, axis, before, after),
                from(x, [axis, before, after](const Tensor& grad) { return window_sum(grad, axis, after, before); }));
}

Tensor local_response_norm(const Tensor& x, int64_t size, double alpha, double beta, double k) {
  check<ValueError>(size >= 1, "local_response_norm: size must be at least 1, not ", size);
  check<ShapeError>(x.dim() >= 2, "local_response_norm: expected an input of shape [N, C, ...] but it is ", x.shape());
  return x / pow(window_sum(square(x), 1, size / 2, (size - 1) / 2) * (alpha / double(size)) + k, beta);
}

}  // namespace tare
