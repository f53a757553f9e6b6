#include "nn/loss/linear_cross_entropy.h"

#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

constexpr std::string_view kLinearLossReductions[] = {"none", "mean", "sum"};

Linear classifier(const LinearCrossEntropyLossOptions& o) {
  check<ConfigError>(o.in_features >= 1 && o.num_classes >= 1 && o.out_features.numel() >= 1,
                     "LinearCrossEntropyLoss: in_features, num_classes and out_features must be at least 1, not ", o.in_features, ", ", o.num_classes, " and ",
                     o.out_features);
  return Linear({.in_features = o.in_features, .out_features = o.num_classes * o.out_features.numel(), .bias = o.bias});
}

}  // namespace

void LinearCrossEntropyLossOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("num_classes", num_classes);
  v.option("out_features", out_features);
  v.option("bias", bias);
  v.option("weight", weight);
  v.option("reduction", reduction, kLinearLossReductions);
  v.option("ignore_index", ignore_index);
  v.option("label_smoothing", label_smoothing);
}

LinearCrossEntropyLoss::LinearCrossEntropyLoss(Options o) : options(std::move(o)), linear(classifier(options)) {}
LinearCrossEntropyLoss::LinearCrossEntropyLoss(int64_t in_features, int64_t num_classes)
    : LinearCrossEntropyLoss(Options{.in_features = in_features, .num_classes = num_classes}) {}
void LinearCrossEntropyLoss::visit(Visitor& v) { v.child("linear", linear); }

Tensor LinearCrossEntropyLoss::forward(const Tensor& x, const Tensor& target) {
  check<ShapeError>(x.dim() == 1 || x.dim() == 2, "LinearCrossEntropyLoss: expected an input (N, ", options.in_features, ") or (", options.in_features, ") but it is ",
                    x.shape());
  check<ConfigError>(!(is_floating(target.dtype()) && options.ignore_index), "LinearCrossEntropyLoss: ignore_index has no meaning for targets that are probabilities");
  Tensor logits = linear(x);
  if (!options.out_features.empty()) logits = reshape(logits, x.shape().slice(0, x.dim() - 1).concat({options.num_classes}).concat(options.out_features));
  return cross_entropy(logits, target, {options.weight, options.reduction, options.ignore_index.value_or(-100), options.label_smoothing});
}

template class Layer<LinearCrossEntropyLoss>;

}  // namespace tare::nn
