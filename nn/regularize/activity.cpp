#include "nn/regularize/activity.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

Tensor power(const Tensor& x, int64_t p) { return p == 1 ? abs(x) : square(x); }
void check_power(std::string_view who, int64_t p) { check<ConfigError>(p == 1 || p == 2, who, ": p must be 1 or 2, not ", p); }

}  // namespace

void ActivityPenaltyOptions::visit(Visitor& v) {
  v.option("lambda", lambda);
  v.option("p", p);
}
ActivityPenalty::ActivityPenalty(Options o) : options(o) {
  check_factor(type, "lambda", o.lambda);
  check_power(type, o.p);
}
Tensor ActivityPenalty::forward(const Tensors& features) {
  Tensors terms;
  for (const Tensor& f : features) terms.push_back(mean(power(f, options.p)));
  return options.lambda * add_up(terms, type);
}

void TotalVariationOptions::visit(Visitor& v) {
  v.option("lambda", lambda);
  v.option("p", p);
}
TotalVariation::TotalVariation(Options o) : options(o) {
  check_factor(type, "lambda", o.lambda);
  check_power(type, o.p);
}
Tensor TotalVariation::forward(const Tensors& features) {
  Tensors terms;
  for (const Tensor& f : features) {
    check<ShapeError>(f.dim() >= 3, type, ": expected features of shape [N, C, ...] with at least one spatial axis but they are ", f.shape());
    for (int axis = 2; axis < f.dim(); axis++) terms.push_back(sum(power(diff(f, 1, axis), options.p)) / double(f.size(0)));
  }
  return options.lambda * add_up(terms, type);
}

void ConfidencePenaltyOptions::visit(Visitor& v) { v.option("lambda", lambda); }
ConfidencePenalty::ConfidencePenalty(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }
Tensor ConfidencePenalty::forward(const Tensor& logits) {
  int64_t axis = logits.dim() > 1 ? 1 : 0;
  Tensor log_p = log_softmax(logits, axis);
  // p log p, and the mean over rows: the negative of the entropy.
  return options.lambda * mean(sum(exp(log_p) * log_p, {axis}));
}

template class Layer<ActivityPenalty>;
template class Layer<TotalVariation>;
template class Layer<ConfidencePenalty>;

}  // namespace tare::nn
