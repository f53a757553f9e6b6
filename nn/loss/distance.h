// Losses over distances and margins; the functions of the same names (autograd/ops/loss.h) say what each computes.
#pragma once

#include "autograd/ops/loss.h"
#include "nn/layer.h"

namespace tare::nn {

using tare::l1_loss;
using tare::mse_loss;
using tare::smooth_l1_loss;
using tare::huber_loss;
using tare::soft_margin_loss;
using tare::hinge_embedding_loss;
using tare::margin_ranking_loss;
using tare::cosine_embedding_loss;
using tare::triplet_margin_loss;

class L1Loss : public Layer<L1Loss> {
 public:
  static constexpr std::string_view type = "L1Loss";
  using Options = LossOptions;
  explicit L1Loss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class MSELoss : public Layer<MSELoss> {
 public:
  static constexpr std::string_view type = "MSELoss";
  using Options = LossOptions;
  explicit MSELoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class SmoothL1Loss : public Layer<SmoothL1Loss> {
 public:
  static constexpr std::string_view type = "SmoothL1Loss";
  using Options = SmoothL1LossOptions;
  explicit SmoothL1Loss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class HuberLoss : public Layer<HuberLoss> {
 public:
  static constexpr std::string_view type = "HuberLoss";
  using Options = HuberLossOptions;
  explicit HuberLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class SoftMarginLoss : public Layer<SoftMarginLoss> {
 public:
  static constexpr std::string_view type = "SoftMarginLoss";
  using Options = LossOptions;
  explicit SoftMarginLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class HingeEmbeddingLoss : public Layer<HingeEmbeddingLoss> {
 public:
  static constexpr std::string_view type = "HingeEmbeddingLoss";
  using Options = HingeEmbeddingLossOptions;
  explicit HingeEmbeddingLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class MarginRankingLoss : public Layer<MarginRankingLoss> {
 public:
  static constexpr std::string_view type = "MarginRankingLoss";
  using Options = MarginOptions;
  explicit MarginRankingLoss(Options options = {});
  Tensor forward(const Tensor& x1, const Tensor& x2, const Tensor& target);

  Options options;
};

class CosineEmbeddingLoss : public Layer<CosineEmbeddingLoss> {
 public:
  static constexpr std::string_view type = "CosineEmbeddingLoss";
  using Options = MarginOptions;
  explicit CosineEmbeddingLoss(Options options = {});
  Tensor forward(const Tensor& x1, const Tensor& x2, const Tensor& target);

  Options options;
};

class TripletMarginLoss : public Layer<TripletMarginLoss> {
 public:
  static constexpr std::string_view type = "TripletMarginLoss";
  using Options = TripletMarginLossOptions;
  explicit TripletMarginLoss(Options options = {});
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);

  Options options;
};

extern template class Layer<L1Loss>;
extern template class Layer<MSELoss>;
extern template class Layer<SmoothL1Loss>;
extern template class Layer<HuberLoss>;
extern template class Layer<SoftMarginLoss>;
extern template class Layer<HingeEmbeddingLoss>;
extern template class Layer<MarginRankingLoss>;
extern template class Layer<CosineEmbeddingLoss>;
extern template class Layer<TripletMarginLoss>;

}  // namespace tare::nn
