#include "nn/flow/reverse_alignment.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"

namespace tare::nn {

Tensor repa_alignment_loss(const Tensor& features, const Tensor& targets) {
  check<ShapeError>(features.shape() == targets.shape() && features.dim() >= 1, "repa_alignment_loss: expected features and targets of one shape (*, D) but they are ",
                    features.shape(), " and ", targets.shape());
  auto length = [](const Tensor& t) { return clamp(vector_norm(t, 2, {-1}), 1e-12); };
  return -mean(sum(features * targets, {-1}) / (length(features) * length(targets)));
}

void ReverseAlignmentOptions::visit(Visitor& v) {
  v.option("mode", mode, {"reverse", "forward", "detach"});
  v.option("dim", dim);
  v.option("blocks", blocks);
  v.option("hidden", hidden);
  v.option("layer", layer);
  v.option("target_dim", target_dim);
  v.option("weight", weight);
  v.option("scale_bound", scale_bound);
  v.option("shuffle", shuffle);
}

namespace {

ReverseAlignmentOptions checked(const ReverseAlignmentOptions& o) {
  check<ConfigError>(o.layer >= 0 && o.layer < o.blocks && o.target_dim >= 1, "ReverseAlignment: layer must be a block, 0 to ", o.blocks - 1,
                     ", and target_dim at least 1; not ", o.layer, " and ", o.target_dim);
  return o;
}

}  // namespace

ReverseAlignment::ReverseAlignment(Options o)
    : options(checked(o)), flow({.dim = o.dim, .blocks = o.blocks, .hidden = o.hidden, .scale_bound = o.scale_bound, .shuffle = o.shuffle}), projector(o.hidden, o.target_dim) {}

void ReverseAlignment::visit(Visitor& v) {
  flow.visit(v);
  v.child("projector", projector);
}

Tensor ReverseAlignment::features(const Tensor& x, size_t k) {
  check_rows(type, x, options.dim);
  Tensor z = x;
  for (size_t b = flow.size(); b-- > k + 1;) {
    auto p = flow.halves(b, z);
    auto [shift, s] = flow.coefficients(b, flow.features(b, p.off));
    z = flow.join(b, {(p.on - shift) * exp(-s), p.off});
  }
  return flow.features(k, flow.halves(k, z).off);
}

Tensors ReverseAlignment::forward(const Tensor& x, const Tensor& y) {
  check_rows(type, x, options.dim);
  check<ShapeError>(y.dim() == 2 && y.size(0) == x.size(0) && y.size(1) == options.target_dim, "ReverseAlignment: expected targets [", x.size(0), ", ", options.target_dim,
                    "] but they are ", y.shape());
  size_t layer = size_t(options.layer);
  Tensor z = x, log_det = zeros({x.size(0)}, x.dtype()), h;
  for (size_t k = flow.size(); k-- > 0;) {
    auto p = flow.halves(k, z);
    Tensor features = flow.features(k, p.off);
    if (k == layer && options.mode == AlignmentMode::forward) h = features;
    if (k == layer && options.mode == AlignmentMode::detach) h = flow.features(k, p.off.detach());
    auto [shift, s] = flow.coefficients(k, features);
    z = flow.join(k, {(p.on - shift) * exp(-s), p.off});
    log_det = log_det - sum(s, {1});
  }
  if (options.mode == AlignmentMode::reverse) {
    Tensor back = z.detach();
    for (size_t k = 0; k < layer; k++) {
      auto p = flow.halves(k, back);
      auto [shift, s] = flow.coefficients(k, flow.features(k, p.off));
      back = flow.join(k, {p.on * exp(s) + shift, p.off});
    }
    // A coupling leaves x_off as it is, so that block `layer` computes its features from what blocks 0 .. layer-1 made.
    h = flow.features(layer, flow.halves(layer, back).off);
  }
  return {-mean(standard_normal_log_prob(z) + log_det), repa_alignment_loss(projector(h), y)};
}

Tensor ReverseAlignment::total(const Tensor& x, const Tensor& y) {
  if (options.weight == 0) return -mean(flow.log_prob(x));
  Tensors out = forward(x, y);
  return out[0] + options.weight * out[1];
}

void FlowTokenClassifierOptions::visit(Visitor& v) {
  v.option("steps", steps);
  v.option("lr", lr);
}

FlowTokenClassifier::FlowTokenClassifier(FlowTokenClassifierOptions o) : options(o) {
  check<ConfigError>(o.steps >= 1 && o.lr > 0, "FlowTokenClassifier: steps must be at least 1 and lr above 0, not ", o.steps, " and ", o.lr);
}

Tensor FlowTokenClassifier::predict(const std::function<Tensor(const Tensor& x, const Tensor& condition)>& nll, const Tensor& table, const Tensor& x) const {
  check<ShapeError>(table.dim() == 2 && table.size(0) >= 1, "FlowTokenClassifier: expected a table (classes, e) but it is ", table.shape());
  EnableGrad on;
  Tensor constant = table.detach(), logits = zeros({x.size(0), table.size(0)}, table.dtype());
  for (int64_t i = 0; i < options.steps; i++) {
    Tensor at = logits.set_requires_grad();
    Tensor loss = nll(x.detach(), matmul(softmax(at, 1), constant));
    logits = (at - options.lr * grad(sum(loss), at)).detach();
  }
  return argmax(logits, 1);
}

template class Layer<ReverseAlignment>;

}  // namespace tare::nn
