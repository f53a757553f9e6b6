#include "nn/loss/distance.h"

namespace tare::nn {

L1Loss::L1Loss(Options o) : options(std::move(o)) {}
Tensor L1Loss::forward(const Tensor& x, const Tensor& target) { return l1_loss(x, target, options); }

MSELoss::MSELoss(Options o) : options(std::move(o)) {}
Tensor MSELoss::forward(const Tensor& x, const Tensor& target) { return mse_loss(x, target, options); }

SmoothL1Loss::SmoothL1Loss(Options o) : options(std::move(o)) {}
Tensor SmoothL1Loss::forward(const Tensor& x, const Tensor& target) { return smooth_l1_loss(x, target, options); }

HuberLoss::HuberLoss(Options o) : options(std::move(o)) {}
Tensor HuberLoss::forward(const Tensor& x, const Tensor& target) { return huber_loss(x, target, options); }

SoftMarginLoss::SoftMarginLoss(Options o) : options(std::move(o)) {}
Tensor SoftMarginLoss::forward(const Tensor& x, const Tensor& target) { return soft_margin_loss(x, target, options); }

HingeEmbeddingLoss::HingeEmbeddingLoss(Options o) : options(std::move(o)) {}
Tensor HingeEmbeddingLoss::forward(const Tensor& x, const Tensor& target) { return hinge_embedding_loss(x, target, options); }

MarginRankingLoss::MarginRankingLoss(Options o) : options(std::move(o)) {}
Tensor MarginRankingLoss::forward(const Tensor& x1, const Tensor& x2, const Tensor& target) { return margin_ranking_loss(x1, x2, target, options); }

CosineEmbeddingLoss::CosineEmbeddingLoss(Options o) : options(std::move(o)) {}
Tensor CosineEmbeddingLoss::forward(const Tensor& x1, const Tensor& x2, const Tensor& target) { return cosine_embedding_loss(x1, x2, target, options); }

TripletMarginLoss::TripletMarginLoss(Options o) : options(std::move(o)) {}
Tensor TripletMarginLoss::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) { return triplet_margin_loss(anchor, positive, negative, options); }

template class Layer<L1Loss>;
template class Layer<MSELoss>;
template class Layer<SmoothL1Loss>;
template class Layer<HuberLoss>;
template class Layer<SoftMarginLoss>;
template class Layer<HingeEmbeddingLoss>;
template class Layer<MarginRankingLoss>;
template class Layer<CosineEmbeddingLoss>;
template class Layer<TripletMarginLoss>;

}  // namespace tare::nn
