#include "nn/attention/nala.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/attention/multihead_attention.h"
#include "nn/embedding/positional.h"

namespace tare::nn {
namespace {

/// |x|^power in the channel of its sign: (*, d) -> (*, 2 d).
Tensor signed_power(const Tensor& x, const Tensor& magnitude) {
  return cat({where(lt(x, 0), 0.0, magnitude), where(gt(x, 0), 0.0, magnitude)}, -1);
}

Tensor query_features(const Tensor& q, double power_scale) {
  Tensor length = norm(q, 2, {-1}, true), power = power_scale * (0.5 + tanh(length));
  Tensor zero = eq(q, 0);  // its power is 0, and so are the derivatives, whatever the exponent
  Tensor direction = where(zero, 1.0, abs(q) / where(eq(length, 0), 1.0, length));
  return signed_power(q, where(zero, 0.0, pow(direction, power)));
}

/// Row-major places of an H x W grid times base angles 10000^(-linspace(0, 1, d / 4)): (H W, d / 2), rows' angles first.
Tensor grid_angles(int64_t height, int64_t width, int64_t d) {
  int64_t n = d / 4;
  Tensor angles = empty({height * width, 2 * n}, DType::float64);
  double* a = angles.mutable_data<double>();
  for (int64_t m = 0; m < n; m++) {
    double base = std::pow(10000.0, n > 1 ? -double(m) / double(n - 1) : 0);
    for (int64_t i = 0; i < height * width; i++) {
      a[i * 2 * n + m] = double(i / width) * base;
      a[i * 2 * n + n + m] = double(i % width) * base;
    }
  }
  return angles;
}

void check_options(std::string_view who, double power_scale, int64_t key_power) {
  check<ConfigError>(power_scale >= 0, who, ": power_scale must be at least 0, not ", power_scale);
  check<ConfigError>(key_power >= 1 && key_power % 2 == 1, who, ": key_power must be odd, so that signs stay, not ", key_power);
}

}  // namespace

void NalaAttentionOptions::visit(Visitor& v) {
  v.option("power_scale", power_scale);
  v.option("key_power", key_power);
  v.option("eps", eps);
}

Tensor nala_attention(const Tensor& q, const Tensor& k, const Tensor& v, const NalaAttentionOptions& o, const Tensor& angles) {
  check_options("nala_attention", o.power_scale, o.key_power);
  check<ShapeError>(q.dim() == 4 && k.dim() == 4 && v.dim() == 4 && k.size(3) == q.size(3) && v.size(2) == k.size(2) && k.size(1) == q.size(1) && v.size(1) == q.size(1),
                    "nala_attention: expected q (B, h, N, d), k (B, h, M, d) and v (B, h, M, e) but they are ", q.shape(), ", ", k.shape(), " and ", v.shape());
  Tensor query = query_features(q, o.power_scale), key = signed_power(k, pow(abs(k), o.key_power));
  Tensor total = matmul(query, transpose(mean(key, {-2}, true))) + o.eps;
  if (angles.defined()) {
    // Both halves of the features by the same angles.
    Tensor twice = cat({angles, angles}, -1);
    query = turn_pairs(query, twice);
    key = turn_pairs(key, twice);
  }
  return matmul(query, matmul(transpose(key), v) / double(k.size(2))) / total;
}

void NormAwareLinearAttentionOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("num_heads", num_heads);
  v.option("power_scale", power_scale);
  v.option("key_power", key_power);
  v.option("eps", eps);
  v.option("rope", rope);
}

NormAwareLinearAttention::NormAwareLinearAttention(Options o)
    : options(o),
      qkvg(std::max<int64_t>(o.dim, 1), 4 * std::max<int64_t>(o.dim, 1)),
      lepe({.in_channels = qkvg.options.in_features, .out_channels = qkvg.options.in_features, .kernel_size = 5, .padding = 2, .groups = qkvg.options.in_features}),
      ln(qkvg.options.in_features),
      out_proj(qkvg.options.in_features, qkvg.options.in_features) {
  check<ConfigError>(o.dim >= 1 && o.num_heads >= 1 && o.dim % o.num_heads == 0, type, ": expected dim to be a multiple of num_heads, both at least 1, but they are ", o.dim,
                     " and ", o.num_heads);
  check<ConfigError>(!o.rope || o.dim / o.num_heads % 4 == 0, type, ": rope wants heads of 4, 8, 12 ... features, but dim / num_heads is ", o.dim / o.num_heads);
  check_options(type, o.power_scale, o.key_power);
}

void NormAwareLinearAttention::visit(Visitor& v) {
  v.child("qkvg", qkvg);
  v.child("lepe", lepe);
  v.child("ln", ln);
  v.child("out_proj", out_proj);
}

Tensor NormAwareLinearAttention::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 4 && x.size(1) == options.dim, type, ": expected (B, ", options.dim, ", H, W) but the input is ", x.shape());
  int64_t height = x.size(2), width = x.size(3);
  Tensors t = chunk(qkvg(transpose(flatten(x, 2), 1, 2)), 4, -1);  // (B, H W, dim) each
  auto picture = [&](const Tensor& tokens) { return unflatten(transpose(tokens, 1, 2), 2, {height, width}); };
  Tensor angles = options.rope ? grid_angles(height, width, options.dim / options.num_heads) : Tensor();
  auto heads = [&](const Tensor& y) { return heads_of(y, options.num_heads, true); };
  Tensor y = nala_attention(heads(t[0]), heads(t[1]), heads(t[2]), {.power_scale = options.power_scale, .key_power = options.key_power, .eps = options.eps}, angles);
  y = join_heads(y, true) + transpose(flatten(lepe(picture(t[2])), 2), 1, 2);
  return picture(out_proj(ln(y) * silu(t[3])));
}

template class Layer<NormAwareLinearAttention>;

}  // namespace tare::nn
