#include "nn/norm/whitening.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/spectral.h"
#include "core/context.h"
#include "nn/norm/running_statistics.h"

namespace tare::nn {
namespace {

/// S^(-1/2) of matrices (G, D, D) by Newton's iteration.
Tensor newton_root(const Tensor& s, int64_t steps) {
  Tensor trace = sum(diagonal(s, 0, 1, 2), {-1}, true);
  trace = unsqueeze(trace, -1);  // (G, 1, 1)
  Tensor scaled = s / trace;
  Tensor p = eye(s.size(-1), s.size(-1), s.dtype());
  for (int64_t k = 0; k < steps; k++) p = p * 1.5 - matmul(matmul(matmul(p, p), p), scaled) * 0.5;
  return p / sqrt(trace);
}

/// S^(-1/2) by its eigenvalues, with derivatives that are right where they coincide. What has a NaN has a root of NaNs.
Tensor symmetric_root(const Tensor& s, int64_t) { return all(isfinite(s)).item<bool>() ? inverse_sqrtm(s) : s * NAN; }

}  // namespace

void IterNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_groups", num_groups);
  v.option("T", T);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("affine", affine);
}
void DecorrelatedBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_groups", num_groups);
  v.option("eps", eps);
  v.option("momentum", momentum);
  v.option("affine", affine);
}

RunningWhitening::RunningWhitening(int64_t channels, int64_t groups) : mean(zeros({channels})) {
  int64_t d = channels / groups;
  matrix = Buffer(zeros({groups, d, d}) + eye(d));
}
void RunningWhitening::visit(Visitor& v) {
  v.buffer("running_mean", mean);
  v.buffer("running_wm", matrix);
}

Tensor RunningWhitening::operator()(std::string_view type, const Tensor& x, bool training, double eps, double momentum,
                                    Tensor (*root)(const Tensor& s, int64_t steps), int64_t steps) {
  int64_t groups = matrix().size(0), d = matrix().size(1);
  Tensor rows = movedim(x, {1}, {0});  // (C, N, ...)
  Shape back = rows.shape();
  rows = reshape(rows, {groups, d, x.numel() / (groups * d)});
  Tensor y;
  if (training) {
    check_batch_statistics(type, x);
    Tensor m = tare::mean(rows, {2}, true), centred = rows - m;
    Tensor exact = to(centred, DType::float64);  // the root magnifies what rounding does to the smallest eigenvalues
    Tensor s = matmul(exact, transpose(exact)) / double(rows.size(2)) + eye(d, d, DType::float64) * eps;
    Tensor w = to(root(s, steps), x.dtype());
    average_into(mean, reshape(m.detach(), {-1}), momentum);
    average_into(matrix, w.detach(), momentum);
    y = matmul(w, centred);
  } else {
    // A copy of the matrix: the buffer may move on before the backward pass comes.
    y = matmul(clone(matrix()), rows - reshape(mean(), {groups, d, 1}));
  }
  return movedim(reshape(y, back), {0}, {1});
}

IterNorm::IterNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check_groups(type, o.num_features, o.num_groups);
  check<ConfigError>(o.T >= 0, type, ": T must be at least 0, not ", o.T);
  if (o.affine) start_affine({o.num_features});
  running = RunningWhitening(o.num_features, o.num_groups);
}
IterNorm::IterNorm(int64_t num_features) : IterNorm(Options{.num_features = num_features}) {}
void IterNorm::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
}
Tensor IterNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  return affine_per_channel(running(type, x, training(), options.eps, options.momentum, newton_root, options.T), weight(), bias());
}

DecorrelatedBatchNorm::DecorrelatedBatchNorm(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  check_groups(type, o.num_features, o.num_groups);
  if (o.affine) start_affine({o.num_features});
  running = RunningWhitening(o.num_features, o.num_groups);
}
DecorrelatedBatchNorm::DecorrelatedBatchNorm(int64_t num_features) : DecorrelatedBatchNorm(Options{.num_features = num_features}) {}
void DecorrelatedBatchNorm::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
}
Tensor DecorrelatedBatchNorm::forward(const Tensor& x) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  return affine_per_channel(running(type, x, training(), options.eps, options.momentum, symmetric_root, 0), weight(), bias());
}

template class Layer<IterNorm>;
template class Layer<DecorrelatedBatchNorm>;

}  // namespace tare::nn
