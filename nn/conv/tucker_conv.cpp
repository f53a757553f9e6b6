#include "nn/conv/tucker_conv.h"

#include <cmath>

#include "autograd/ops/conv.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/reparam/rows.h"

namespace tare::nn {
namespace {

// The core with matrix m (new, old) applied along an axis.
Tensor along_mode(const Tensor& core, const Tensor& m, int64_t mode) {
  return movedim(tensordot(m, core, {1}, {mode}), {0}, {mode});
}

void check_tucker(const char* call, const Tensor& core, const Tensors& factors, const std::vector<int64_t>& modes) {
  check<ShapeError>(int(factors.size()) == core.dim(), call, ": a core ", core.shape(), " takes ", core.dim(), " factors, not ", factors.size());
  for (int i = 0; i < core.dim(); i++)
    check<ShapeError>(factors[size_t(i)].dim() == 2 && factors[size_t(i)].size(1) == core.size(i), call, ": factor ", i, " is ", factors[size_t(i)].shape(),
                      " but the core is ", core.shape());
  for (int64_t m : modes) check<IndexError>(m >= 0 && m < core.dim(), call, ": there is no mode ", m, " in a core ", core.shape());
}

// The leading `rank` left singular vectors of the mode's unfolding.
Tensor leading_vectors(const Tensor& u, int64_t rank) { return narrow(u, 1, 0, rank); }

}  // namespace

Tensor Tucker::full() const {
  Tensor w = core;
  for (int m = 0; m < core.dim(); m++) w = along_mode(w, factors[size_t(m)], m);
  return w;
}

Tucker tucker_augment(const Tucker& t, const Tensors& grads, const std::vector<int64_t>& modes) {
  check_tucker("tucker_augment", t.core, t.factors, modes);
  check<ShapeError>(grads.size() == t.factors.size(), "tucker_augment: expected ", t.factors.size(), " gradients of factors, not ", grads.size());
  Tucker out = t;
  for (int64_t mode : modes) {
    const Tensor& u = t.factors[size_t(mode)];
    Tensor n = qr(cat({u, grads[size_t(mode)]}, 1)).first;
    out.core = along_mode(out.core, matmul(transpose(n), u), mode);
    out.factors[size_t(mode)] = n;
  }
  return out;
}

Tucker tucker_truncate(const Tucker& t, double tau, const std::vector<int64_t>& modes, int64_t min_rank, std::optional<int64_t> max_rank) {
  check_tucker("tucker_truncate", t.core, t.factors, modes);
  check<ValueError>(tau >= 0 && min_rank >= 1 && max_rank.value_or(min_rank) >= min_rank, "tucker_truncate: expected tau >= 0 and 1 <= min_rank <= max_rank, not ", tau,
                    " and ", min_rank);
  Tucker out = t;
  for (int64_t mode : modes) {
    auto [u, s, vh] = svd(as_matrix(t.core, mode));
    auto values = s.to_vector<double>();
    double total = 0, tail = 0;
    for (double v : values) total += v * v;
    int64_t full = t.core.size(mode), rank = full;
    // From the smallest up: the longest tail that is small enough may go.
    for (int64_t j = int64_t(values.size()); j >= 0; j--) {
      if (j < int64_t(values.size())) tail += values[size_t(j)] * values[size_t(j)];
      if (!(std::sqrt(tail) < tau * std::sqrt(total))) break;
      rank = j;
    }
    rank = std::min(std::max(rank, min_rank), std::min(full, max_rank.value_or(full)));
    Tensor p = leading_vectors(u, rank);
    out.core = along_mode(out.core, transpose(p), mode);
    out.factors[size_t(mode)] = matmul(t.factors[size_t(mode)], p);
  }
  return out;
}

void TuckerConv2dOptions::visit(Visitor& v) {
  v.option("in_channels", in_channels);
  v.option("out_channels", out_channels);
  v.option("kernel_size", kernel_size);
  v.option("ranks", ranks);
  v.option("stride", stride);
  v.option("padding", padding);
  v.option("bias", bias);
}

TuckerConv2d::TuckerConv2d(Options o) : options(std::move(o)) {
  const Options& c = options;
  check<ConfigError>(c.in_channels >= 1 && c.out_channels >= 1, "TuckerConv2d: in_channels and out_channels must be at least 1, not ", c.in_channels, " and ", c.out_channels);
  Shape kernel = c.kernel_size.for_axes(type, "kernel_size", 2, 1);
  stride_ = c.stride.for_axes(type, "stride", 2, 1);
  padding_ = c.padding.for_axes(type, "padding", 2, 0);
  Shape shape{c.out_channels, c.in_channels, kernel[0], kernel[1]};
  if (options.ranks.empty())
    for (int64_t n : shape) options.ranks.push_back(n);
  check<ConfigError>(c.ranks.size() == 4, "TuckerConv2d: expected ranks of 4 modes, not of ", c.ranks.size());
  Shape ranks(c.ranks);
  for (int i = 0; i < 4; i++) check<ConfigError>(ranks[i] >= 1 && ranks[i] <= shape[i], "TuckerConv2d: rank ", ranks[i], " of mode ", i, " must be between 1 and ", shape[i]);
  NoGrad off;
  Tucker start{init::layer_default(shape), {}};
  for (int i = 0; i < 4; i++) {
    // A mode's unfolding may have fewer singular vectors than its rank: full ones exist always.
    Tensor u = shapes_alone() ? init::zeros({shape[i], shape[i]}) : ranks[i] == shape[i] ? init::eye({shape[i], shape[i]}) : std::get<0>(svd(as_matrix(start.core, i)));
    start.factors.push_back(leading_vectors(u, ranks[i]));
  }
  for (int i = 0; i < 4; i++) start.core = along_mode(start.core, transpose(start.factors[size_t(i)]), i);
  set(start);
  if (c.bias) bias = Parameter(init::bias_default({c.out_channels}, shape));
}

void TuckerConv2d::visit(Visitor& v) {
  v.parameter("core", core);
  for (int i = 0; i < 4; i++) v.parameter(text("factors.", i), factors[i]);
  v.parameter("bias", bias, Role::bias);
}

Tucker TuckerConv2d::value() const { return {core(), {factors[0](), factors[1](), factors[2](), factors[3]()}}; }

void TuckerConv2d::set(const Tucker& t) {
  core = t.core;
  for (int i = 0; i < 4; i++) {
    factors[i] = t.factors[size_t(i)];
    factors[i].manifold = "stiefel";
    options.ranks[size_t(i)] = t.core.size(i);
  }
}

Tensor TuckerConv2d::effective_weight() const { return value().full(); }

Tensor TuckerConv2d::forward(const Tensor& x) {
  check<ShapeError>((x.dim() == 3 || x.dim() == 4) && x.shape()[x.dim() - 3] == options.in_channels, "TuckerConv2d: expected an input (N, ", options.in_channels,
                    ", H, W) or the same without N, but it is ", x.shape());
  Tucker t = value();
  auto pointwise = [](const Tensor& m) { return unsqueeze(unsqueeze(m, -1), -1); };
  Tensor kernel = along_mode(along_mode(t.core, t.factors[2], 2), t.factors[3], 3);
  Tensor inner = conv2d(conv2d(x, pointwise(transpose(t.factors[1]))), kernel, {}, {stride_, padding_});
  return conv2d(inner, pointwise(t.factors[0]), bias());
}

void TuckerConv2d::augment() {
  NoGrad off;
  Tensors grads;
  for (const Parameter& f : factors) {
    check<GradError>(f.leaf().defined() && f.leaf().grad().defined(), "TuckerConv2d: augment() takes the gradients of the factors; call backward() first");
    grads.push_back(f.leaf().grad());
  }
  set(tucker_augment(value(), grads, {0, 1}));
}

void TuckerConv2d::truncate(double tau, int64_t min_rank, std::optional<int64_t> max_rank) {
  NoGrad off;
  set(tucker_truncate(value(), tau, {0, 1}, min_rank, max_rank));
}

template class Layer<TuckerConv2d>;

}  // namespace tare::nn
