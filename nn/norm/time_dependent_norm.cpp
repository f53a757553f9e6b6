#include "nn/norm/time_dependent_norm.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/trailing.h"

namespace tare::nn {
namespace {

void check_time(std::string_view type, const Tensor& x, const Tensor& t, int64_t size) {
  check<ShapeError>(x.dim() >= 2 && x.shape().back() == size, type, ": expected an input (B, ..., ", size, ") (normalized_shape = ", size, ") but it is ", x.shape());
  check<ShapeError>(t.defined() && t.shape() == Shape{x.shape()[0]}, type, ": expected one time for each of ", x.shape()[0], " samples but they are ",
                    t.defined() ? text(t.shape()) : std::string("missing"));
}

// (B, D) as (B, 1, ..., 1, D).
Tensor for_all_tokens(const Tensor& value, const Tensor& x) {
  Shape shape(x.dim(), 1);
  shape[0] = value.shape()[0];
  shape.back() = value.shape()[1];
  return reshape(value, shape);
}

}  // namespace

void TimeDependentParameterOptions::visit(Visitor& v) {
  v.option("size", size);
  v.option("start", start);
  v.option("time_scale", time_scale);
}
void TimeDependentLayerNormOptions::visit(Visitor& v) {
  v.option("normalized_shape", normalized_shape);
  v.option("eps", eps);
  v.option("time_scale", time_scale);
}
void TimeDependentRMSNormOptions::visit(Visitor& v) {
  v.option("normalized_shape", normalized_shape);
  v.option("eps", eps);
  v.option("bias", bias);
  v.option("time_scale", time_scale);
}

TimeDependentParameter::TimeDependentParameter(Options o) : options(o) {
  check<ConfigError>(o.size >= 1, "TimeDependentParameter: size must be at least 1, not ", o.size);
  check<ConfigError>(o.time_scale > 0, "TimeDependentParameter: time_scale must be positive, not ", o.time_scale);
  for (Parameter* p : {&param0, &param1}) *p = Parameter(init::constant({o.size}, o.start));
  for (Parameter* p : {&w, &b}) *p = Parameter(init::zeros({o.size}));
}

void TimeDependentParameter::visit(Visitor& v) {
  Role role = options.start == 0 ? Role::norm_shift : Role::norm_scale;
  v.parameter("param0", param0, role);
  v.parameter("param1", param1, role);
  v.parameter("w", w, role);
  v.parameter("b", b, role);
}

Tensor TimeDependentParameter::forward(const Tensor& t) {
  Tensor tau = unsqueeze(t / options.time_scale, 1), end = param1();
  return end + sigmoid((1 + w()) * tau + b()) * (param0() - end);
}

TimeDependentLayerNorm::TimeDependentLayerNorm(Options o)
    : options((check_trailing_options(type, {o.normalized_shape}, o.eps), o)),
      weight({.size = o.normalized_shape, .start = 1, .time_scale = o.time_scale}),
      bias({.size = o.normalized_shape, .start = 0, .time_scale = o.time_scale}) {}
TimeDependentLayerNorm::TimeDependentLayerNorm(int64_t normalized_shape) : TimeDependentLayerNorm(Options{.normalized_shape = normalized_shape}) {}

void TimeDependentLayerNorm::visit(Visitor& v) {
  v.child("weight", weight);
  v.child("bias", bias);
}

Tensor TimeDependentLayerNorm::forward(const Tensor& x, const Tensor& t) {
  check_time(type, x, t, options.normalized_shape);
  return for_all_tokens(weight(t), x) * layer_norm(x, {options.normalized_shape}, {}, {}, options.eps) + for_all_tokens(bias(t), x);
}

TimeDependentRMSNorm::TimeDependentRMSNorm(Options o)
    : options((check_trailing_options(type, {o.normalized_shape}, o.eps), o)), weight({.size = o.normalized_shape, .start = 1, .time_scale = o.time_scale}) {
  if (o.bias) bias.emplace(TimeDependentParameterOptions{.size = o.normalized_shape, .start = 0, .time_scale = o.time_scale});
}
TimeDependentRMSNorm::TimeDependentRMSNorm(int64_t normalized_shape) : TimeDependentRMSNorm(Options{.normalized_shape = normalized_shape}) {}

void TimeDependentRMSNorm::visit(Visitor& v) {
  v.child("weight", weight);
  if (bias) v.child("bias", *bias);
}

Tensor TimeDependentRMSNorm::forward(const Tensor& x, const Tensor& t) {
  check_time(type, x, t, options.normalized_shape);
  Tensor rms = norm(x, 2, {-1}, true) / std::sqrt(double(options.normalized_shape));
  Tensor y = for_all_tokens(weight(t), x) * (x / (rms + options.eps));
  return bias ? y + for_all_tokens((*bias)(t), x) : y;
}

template class Layer<TimeDependentParameter>;
template class Layer<TimeDependentLayerNorm>;
template class Layer<TimeDependentRMSNorm>;

}  // namespace tare::nn
