#include "nn/loss/probability.h"

namespace tare::nn {

BCELoss::BCELoss(Options o) : options(std::move(o)) {}
Tensor BCELoss::forward(const Tensor& x, const Tensor& target) { return binary_cross_entropy(x, target, options); }

BCEWithLogitsLoss::BCEWithLogitsLoss(Options o) : options(std::move(o)) {}
Tensor BCEWithLogitsLoss::forward(const Tensor& x, const Tensor& target) { return binary_cross_entropy_with_logits(x, target, options); }

KLDivLoss::KLDivLoss(Options o) : options(std::move(o)) {}
Tensor KLDivLoss::forward(const Tensor& x, const Tensor& target) { return kl_div(x, target, options); }

PoissonNLLLoss::PoissonNLLLoss(Options o) : options(std::move(o)) {}
Tensor PoissonNLLLoss::forward(const Tensor& x, const Tensor& target) { return poisson_nll_loss(x, target, options); }

GaussianNLLLoss::GaussianNLLLoss(Options o) : options(std::move(o)) {}
Tensor GaussianNLLLoss::forward(const Tensor& x, const Tensor& target, const Tensor& var) { return gaussian_nll_loss(x, target, var, options); }

CTCLoss::CTCLoss(Options o) : options(std::move(o)) {}
Tensor CTCLoss::forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths) {
  return ctc_loss(log_probs, targets, input_lengths, target_lengths, options);
}

template class Layer<BCELoss>;
template class Layer<BCEWithLogitsLoss>;
template class Layer<KLDivLoss>;
template class Layer<PoissonNLLLoss>;
template class Layer<GaussianNLLLoss>;
template class Layer<CTCLoss>;

}  // namespace tare::nn
