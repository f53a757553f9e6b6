#include "nn/loss/triplet_with_distance.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"

namespace tare::nn {
namespace {

constexpr std::string_view kTripletReductions[] = {"none", "mean", "sum"};

}  // namespace

void TripletMarginWithDistanceLossOptions::visit(Visitor& v) {
  v.option("distance_function", distance_function);
  v.option("margin", margin);
  v.option("swap", swap);
  v.option("reduction", reduction, kTripletReductions);
}

TripletMarginWithDistanceLoss::TripletMarginWithDistanceLoss(Options o) : options(std::move(o)) {
  check<ConfigError>(options.margin > 0, "TripletMarginWithDistanceLoss: expected a margin above 0, not ", options.margin);
}
void TripletMarginWithDistanceLoss::visit(Visitor& v) { v.exchangeable("distance_function", options.distance_function); }

Tensor TripletMarginWithDistanceLoss::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) {
  auto distance = [&](const Tensor& a, const Tensor& b) { return options.distance_function ? options.distance_function(a, b) : pairwise_distance(a, b); };
  Tensor near = distance(anchor, positive), far = distance(anchor, negative);
  if (options.swap) far = minimum(far, distance(positive, negative));
  return reduce_loss(clamp(options.margin + near - far, 0.0), options.reduction);
}

template class Layer<TripletMarginWithDistanceLoss>;

}  // namespace tare::nn
