// Penalties on what a network computes rather than on its weights.
//
//   ActivityPenalty    lambda * sum over features of mean |f|^p, p = 1 or 2
//   TotalVariation     lambda * sum over features (N, C, ...) of (mean over samples of the sum of |differences|^p between neighbours along
//                      every spatial axis)                                          (Rudin, Osher and Fatemi 1992)
//   ConfidencePenalty  -lambda * mean entropy of softmax(output) along axis 1       (Pereyra et al., 2017, arXiv:1701.06548)
//
// |.|^1 has derivative 0 at 0.
#pragma once

#include "nn/regularize/regularizer.h"

namespace tare::nn {

struct ActivityPenaltyOptions {
  double lambda = 1e-4;
  int64_t p = 1;  ///< 1 or 2
  void visit(Visitor& v);
};
class ActivityPenalty : public Regularize<ActivityPenalty, Feed::features> {
 public:
  static constexpr std::string_view type = "ActivityPenalty";
  using Options = ActivityPenaltyOptions;
  explicit ActivityPenalty(Options options = {});
  Tensor forward(const Tensors& features);
  Options options;
};

struct TotalVariationOptions {
  double lambda = 1e-4;
  int64_t p = 1;  ///< 1 or 2
  void visit(Visitor& v);
};
class TotalVariation : public Regularize<TotalVariation, Feed::features> {
 public:
  static constexpr std::string_view type = "TotalVariation";
  using Options = TotalVariationOptions;
  explicit TotalVariation(Options options = {});
  Tensor forward(const Tensors& features);
  Options options;
};

struct ConfidencePenaltyOptions {
  double lambda = 0.1;
  void visit(Visitor& v);
};
/// logits (N, C, ...) or (C).
class ConfidencePenalty : public Regularize<ConfidencePenalty, Feed::output> {
 public:
  static constexpr std::string_view type = "ConfidencePenalty";
  using Options = ConfidencePenaltyOptions;
  explicit ConfidencePenalty(Options options = {});
  Tensor forward(const Tensor& logits);
  Options options;
};

extern template class Layer<ActivityPenalty>;
extern template class Layer<TotalVariation>;
extern template class Layer<ConfidencePenalty>;

}  // namespace tare::nn
