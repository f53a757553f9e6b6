#include "nn/loss/policy_gradient.h"

#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"

namespace tare::nn {
namespace {

constexpr std::string_view kAggregates[] = {"grpo", "dapo", "dr_grpo", "delta_l"};

}  // namespace

void LossAggregatorOptions::visit(Visitor& v) {
  v.option("mode", mode, kAggregates);
  v.option("alpha", alpha);
  v.option("max_length", max_length);
}

Tensor aggregation_weights(const Tensor& mask, const LossAggregatorOptions& o, DType dtype) {
  check<ShapeError>(mask.dim() == 2 && mask.numel() > 0, "rlvr_loss_aggregate: expected a mask [G, T] but it is ", mask.shape());
  check<DTypeError>(!is_floating(mask.dtype()), "rlvr_loss_aggregate: expected an int64 or bool mask, not ", mask.dtype());
  check<ConfigError>(o.alpha >= 0 && o.alpha <= 1, "rlvr_loss_aggregate: alpha must be in [0, 1], not ", o.alpha);
  int64_t group = mask.size(0), longest = o.max_length.value_or(mask.size(1));
  check<ConfigError>(longest >= 1, "rlvr_loss_aggregate: max_length must be at least 1, not ", longest);
  NoGrad off;
  Tensor length = to(count_nonzero(mask, {1}), dtype), some = gt(length, 0), safe = where(some, length, 1.0);
  switch (o.mode) {
    case Aggregate::grpo: return 1 / (safe * double(group));
    case Aggregate::dapo: return full_like(length, 1.0) / clamp(sum(length), 1.0);
    case Aggregate::dr_grpo: return full_like(length, 1 / (double(group) * double(longest)));
    case Aggregate::delta_l: break;
  }
  // Only ratios of lengths count: by their mean the power stays near 1.
  Tensor x = where(some, pow(safe / mean(safe), -o.alpha), 0.0);
  return x / (clamp(sum(x), std::numeric_limits<float>::min()) * double(longest));
}

Tensor rlvr_loss_aggregate(const Tensor& loss, const Tensor& mask, const LossAggregatorOptions& o) {
  check<ShapeError>(loss.dim() == 2 && mask.shape() == loss.shape(), "rlvr_loss_aggregate: expected losses [G, T] and a mask of that shape but they are ", loss.shape(),
                    " and ", mask.shape());
  Tensor weight = aggregation_weights(mask, o, loss.dtype());
  return sum(where(ne(mask, 0), loss, 0.0) * unsqueeze(weight, 1));
}

LossAggregator::LossAggregator(Options o) : options(o) {
  check<ConfigError>(o.alpha >= 0 && o.alpha <= 1, "LossAggregator: alpha must be in [0, 1], not ", o.alpha);
  check<ConfigError>(o.max_length.value_or(1) >= 1, "LossAggregator: max_length must be at least 1, not ", o.max_length.value_or(1));
}
Tensor LossAggregator::forward(const Tensor& loss, const Tensor& mask) { return rlvr_loss_aggregate(loss, mask, options); }

template class Layer<LossAggregator>;

}  // namespace tare::nn
