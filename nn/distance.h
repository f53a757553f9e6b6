// CosineSimilarity and PairwiseDistance between corresponding vectors.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct CosineSimilarityOptions {
  int64_t dim = 1;
  double eps = 1e-8;  ///< least length of a vector
  void visit(Visitor& v);
};
/// x1 . x2 / (max(||x1||, eps) max(||x2||, eps)) along dim.
class CosineSimilarity : public Layer<CosineSimilarity> {
 public:
  static constexpr std::string_view type = "CosineSimilarity";
  using Options = CosineSimilarityOptions;
  explicit CosineSimilarity(Options options = {});
  Tensor forward(const Tensor& x1, const Tensor& x2);

  Options options;
};

struct PairwiseDistanceOptions {
  double p = 2;
  double eps = 1e-6;  ///< added to every difference
  bool keepdim = false;
  void visit(Visitor& v);
};
/// ||x1 - x2 + eps||_p along the last axis.
class PairwiseDistance : public Layer<PairwiseDistance> {
 public:
  static constexpr std::string_view type = "PairwiseDistance";
  using Options = PairwiseDistanceOptions;
  explicit PairwiseDistance(Options options = {});
  Tensor forward(const Tensor& x1, const Tensor& x2);

  Options options;
};

extern template class Layer<CosineSimilarity>;
extern template class Layer<PairwiseDistance>;

}  // namespace tare::nn
