#include "nn/loss/calibration.h"

#include <cstdlib>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"

namespace tare::nn {
namespace {

/// (N, C, d1, ...) as (N d1 ..., C).
Tensor rows_of_logits(const Tensor& z, std::string_view who) {
  check<ShapeError>(z.dim() >= 2, who, ": expected logits of shape [N, C, ...] but they are ", z.shape());
  return z.dim() == 2 ? z : reshape(movedim(z, {1}, {-1}), {-1, z.size(1)});
}

}  // namespace

void ACLSOptions::visit(Visitor& v) {
  v.option("pos_lambda", pos_lambda);
  v.option("neg_lambda", neg_lambda);
  v.option("alpha", alpha);
  v.option("margin", margin);
}

ACLSResult acls_loss(const Tensor& logits, const Tensor& targets, const ACLSOptions& o) {
  Tensor z = rows_of_logits(logits, "acls_loss");
  int64_t n = z.size(0), classes = z.size(1);
  check<ShapeError>(classes >= 2, "acls_loss: expected at least two classes but the logits are ", logits.shape());
  Tensor largest = max(z, 1, true).values, fixed = largest.detach();
  Tensor wins = to(eq(z, fixed), z.dtype());
  // Tied entries are equal, so the sum over them is a count times the term of the one that max picked.
  Tensor pos = sum(sum(wins, {1}, true) * square(relu(largest - o.margin)));
  Tensor neg = sum((1 - wins) * square(relu(fixed - z - o.margin)));
  ACLSResult r;
  r.loss_reg = o.pos_lambda / double(n) * pos + o.neg_lambda / double(n * (classes - 1)) * neg;
  r.loss_ce = cross_entropy(z, reshape(targets, {-1}));
  r.loss = r.loss_ce + o.alpha * r.loss_reg;
  return r;
}

ACLSLoss::ACLSLoss(Options o) : options(o) {}
ACLSResult ACLSLoss::forward(const Tensor& logits, const Tensor& targets) { return acls_loss(logits, targets, options); }

void MarginLabelSmoothingOptions::visit(Visitor& v) {
  v.option("margin", margin);
  v.option("alpha", alpha);
}
MarginLabelSmoothingLoss::MarginLabelSmoothingLoss(Options o) : options(o) {}
Tensor MarginLabelSmoothingLoss::forward(const Tensor& logits, const Tensor& targets) {
  Tensor z = rows_of_logits(logits, type);
  Tensor behind = max(z, 1, true).values - z;
  return cross_entropy(z, reshape(targets, {-1})) + options.alpha * mean(relu(behind - options.margin));
}

void LogitNormLossOptions::visit(Visitor& v) {
  v.option("temperature", temperature);
  v.option("eps", eps);
}
LogitNormLoss::LogitNormLoss(Options o) : options(o) {
  check<ConfigError>(o.temperature > 0, type, ": temperature must be greater than 0, not ", o.temperature);
}
Tensor LogitNormLoss::forward(const Tensor& logits, const Tensor& targets) {
  Tensor length = norm(logits, 2, {-1}, true) + options.eps;
  return cross_entropy(logits / length / options.temperature, targets);
}

void LogitNormScoreOptions::visit(Visitor& v) {
  v.option("p", p);
  v.option("shift", shift);
}

Tensor logit_norm_score(const Tensor& z, const LogitNormScoreOptions& o) {
  check<ShapeError>(z.dim() == 2, "logit_norm_score: expected logits of shape [N, K] but they are ", z.shape());
  Tensor moved;
  if (o.shift == "mean") {
    moved = z - mean(z, {1}, true);
  } else if (o.shift == "min") {
    moved = z - min(z, 1, true).values;
  } else {
    char* end = nullptr;
    double c = std::strtod(o.shift.c_str(), &end);
    check<ConfigError>(!o.shift.empty() && *end == '\0', "logit_norm_score: shift must be \"mean\", \"min\" or a number, not \"", o.shift, "\"");
    moved = c == 0 ? z : z + c;
  }
  return max(moved, 1).values / norm(moved, o.p, {1});
}

LogitNormScore::LogitNormScore(Options o) : options(std::move(o)) {}
Tensor LogitNormScore::forward(const Tensor& z) { return logit_norm_score(z, options); }

RiskCoverage aurc(const Tensor& score, const Tensor& correct) {
  check<ShapeError>(score.dim() == 1 && score.shape() == correct.shape() && score.numel() > 0, "aurc: expected scores [n] and correct [n] but they are ", score.shape(),
                    " and ", correct.shape());
  NoGrad off;
  Tensor order = argsort(score.detach(), 0, true);
  Tensor count = arange(1, score.numel() + 1, 1, DType::float64);
  Tensor errors = cumsum(1 - to(index_select(correct, 0, order), DType::float64), 0);
  Tensor risk = errors / count;
  return {mean(risk), risk, count / double(score.numel())};
}

template class Layer<ACLSLoss>;
template class Layer<MarginLabelSmoothingLoss>;
template class Layer<LogitNormLoss>;
template class Layer<LogitNormScore>;

}  // namespace tare::nn
