#include "nn/norm/attention_norms.h"

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/channels.h"
#include "nn/norm/trailing.h"

namespace tare::nn {
namespace {

constexpr std::string_view kQKModes[] = {"l2", "rms", "layer", "ngpt"};

void check_head_options(std::string_view type, int64_t heads, int64_t dim) {
  check<ConfigError>(heads >= 1 && dim >= 1, type, ": num_heads and head_dim must be at least 1, not ", heads, " and ", dim);
}
void check_heads(std::string_view type, const Tensor& x, int64_t heads, int64_t dim) {
  check<ShapeError>(x.defined() && x.dim() >= 3 && x.size(-3) == heads && x.size(-1) == dim, type, ": expected an input (..., ", heads, ", T, ", dim,
                    ") but it is ", x.defined() ? x.shape() : Shape());
}

}  // namespace

void QKNormOptions::visit(Visitor& v) {
  v.option("num_heads", num_heads);
  v.option("head_dim", head_dim);
  v.option("mode", mode, kQKModes);
  v.option("eps", eps);
}
void MultiheadRMSNormOptions::visit(Visitor& v) {
  v.option("num_heads", num_heads);
  v.option("head_dim", head_dim);
}
void AdaLayerNormOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("cond_dim", cond_dim);
  v.option("eps", eps);
}
void AdaNormOptions::visit(Visitor& v) {
  v.option("normalized_shape", normalized_shape);
  v.option("C", C);
  v.option("k", k);
  v.option("eps", eps);
}

QKNorm::QKNorm(Options o) : options(o) {
  check_head_options(type, o.num_heads, o.head_dim);
  check<ConfigError>(!o.eps || *o.eps >= 0, type, ": eps must be at least 0, not ", o.eps.value_or(0));
  using Mode = Options::Mode;
  int64_t all = o.num_heads * o.head_dim;
  if (o.mode == Mode::l2) scale = Parameter(init::ones({o.num_heads}));
  if (o.mode == Mode::ngpt) scale = Parameter(init::constant({all}, 1 / std::sqrt(double(all))));
  if (o.mode == Mode::l2 || o.mode == Mode::ngpt) return;
  q_weight = Parameter(init::ones({o.head_dim}));
  k_weight = Parameter(init::ones({o.head_dim}));
  if (o.mode == Mode::rms) return;
  q_bias = Parameter(init::zeros({o.head_dim}));
  k_bias = Parameter(init::zeros({o.head_dim}));
}
void QKNorm::visit(Visitor& v) {
  v.parameter("scale", scale, Role::norm_scale);
  v.parameter("q_norm.weight", q_weight, Role::norm_scale);
  v.parameter("q_norm.bias", q_bias, Role::norm_shift);
  v.parameter("k_norm.weight", k_weight, Role::norm_scale);
  v.parameter("k_norm.bias", k_bias, Role::norm_shift);
}
Tensor QKNorm::one(const Tensor& x, const Parameter& weight, const Parameter& bias, bool query, double eps) const {
  check_heads(type, x, options.num_heads, options.head_dim);
  Shape row{options.head_dim};
  switch (options.mode) {
    case Options::Mode::rms: return rms_norm(x, row, weight(), options.eps.value_or(1e-6));
    case Options::Mode::layer: return layer_norm(x, row, weight(), bias(), options.eps.value_or(1e-5));
    case Options::Mode::l2: {
      Tensor unit = normalize(x, 2, -1, eps);
      return query ? unit * reshape(scale(), {options.num_heads, 1, 1}) : unit;
    }
    case Options::Mode::ngpt: break;
  }
  Tensor s = reshape(scale(), {options.num_heads, 1, options.head_dim}) * std::sqrt(double(options.num_heads * options.head_dim));
  return normalize(x, 2, -1, eps) * s;
}
QKNormOutput QKNorm::forward(const Tensor& q, const Tensor& k) {
  double eps = options.eps.value_or(1e-12);
  return {one(q, q_weight, q_bias, true, eps), one(k, k_weight, k_bias, false, eps)};
}

MultiheadRMSNorm::MultiheadRMSNorm(Options o) : options(o) {
  check_head_options(type, o.num_heads, o.head_dim);
  gamma = Parameter(init::zeros({o.num_heads, 1, o.head_dim}));
}
void MultiheadRMSNorm::visit(Visitor& v) { v.parameter("gamma", gamma, Role::norm_scale); }
Tensor MultiheadRMSNorm::forward(const Tensor& x) {
  check_heads(type, x, options.num_heads, options.head_dim);
  return normalize(x, 2, -1) * ((gamma() + 1) * std::sqrt(double(options.head_dim)));
}

AdaLayerNorm::AdaLayerNorm(Options o) : options(o), linear(o.cond_dim, 2 * o.dim) {
  check_norm_options(type, o.dim, o.eps);
  init::zeros_(linear.weight.leaf());
  init::zeros_(linear.bias.leaf());
}
void AdaLayerNorm::visit(Visitor& v) { v.child("linear", linear); }
Tensor AdaLayerNorm::forward(const Tensor& x, const Tensor& c) {
  check<ShapeError>(x.dim() >= 2 && x.size(-1) == options.dim && c.defined() && c.shape() == Shape{x.size(0), options.cond_dim}, type, ": expected x (B, ..., ",
                    options.dim, ") and a condition (B, ", options.cond_dim, ") but they are ", x.shape(), " and ", c.defined() ? c.shape() : Shape());
  Tensors parts = chunk(linear(silu(c)), 2, -1);  // (B, dim) each
  Shape over = Shape{x.size(0)}.concat(Shape(x.dim() - 2, 1)).concat({options.dim});
  return layer_norm(x, {options.dim}, {}, {}, options.eps) * (reshape(parts[1], over) + 1) + reshape(parts[0], over);
}

AdaNorm::AdaNorm(Options o) : options(std::move(o)) { check_trailing_options(type, options.normalized_shape, options.eps); }
Tensor AdaNorm::forward(const Tensor& x) {
  check_trailing(type, x, options.normalized_shape);
  Tensor z = layer_norm(x, options.normalized_shape, {}, {}, options.eps);
  return z * ((1 - z * options.k) * options.C).detach();
}

template class Layer<QKNorm>;
template class Layer<MultiheadRMSNorm>;
template class Layer<AdaLayerNorm>;
template class Layer<AdaNorm>;

}  // namespace tare::nn
