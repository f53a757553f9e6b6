// TripletMarginWithDistanceLoss: the triplet loss over a distance of one's own.
#pragma once

#include "autograd/ops/loss.h"
#include "nn/any_module.h"
#include "nn/layer.h"

namespace tare::nn {

struct TripletMarginWithDistanceLossOptions {
  AnyModule distance_function{};  ///< called with two inputs; null: PairwiseDistance
  double margin = 1;
  bool swap = false;              ///< compares with the nearer of anchor and positive
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};

/// max(0, d(anchor, positive) - d(anchor, negative) + margin).
class TripletMarginWithDistanceLoss : public Layer<TripletMarginWithDistanceLoss> {
 public:
  static constexpr std::string_view type = "TripletMarginWithDistanceLoss";
  using Options = TripletMarginWithDistanceLossOptions;
  explicit TripletMarginWithDistanceLoss(Options options = {});
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);
  void visit(Visitor& v) override;

  Options options;
};

extern template class Layer<TripletMarginWithDistanceLoss>;

}  // namespace tare::nn
