// Losses over probabilities and densities; the functions of the same names (autograd/ops/loss.h) say what each computes.
#pragma once

#include "autograd/ops/loss.h"
#include "nn/layer.h"

namespace tare::nn {

using tare::binary_cross_entropy;
using tare::binary_cross_entropy_with_logits;
using tare::kl_div;
using tare::poisson_nll_loss;
using tare::gaussian_nll_loss;
using tare::ctc_loss;

class BCELoss : public Layer<BCELoss> {
 public:
  static constexpr std::string_view type = "BCELoss";
  using Options = BCELossOptions;
  explicit BCELoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class BCEWithLogitsLoss : public Layer<BCEWithLogitsLoss> {
 public:
  static constexpr std::string_view type = "BCEWithLogitsLoss";
  using Options = BCEWithLogitsLossOptions;
  explicit BCEWithLogitsLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class KLDivLoss : public Layer<KLDivLoss> {
 public:
  static constexpr std::string_view type = "KLDivLoss";
  using Options = KLDivLossOptions;
  explicit KLDivLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class PoissonNLLLoss : public Layer<PoissonNLLLoss> {
 public:
  static constexpr std::string_view type = "PoissonNLLLoss";
  using Options = PoissonNLLLossOptions;
  explicit PoissonNLLLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class GaussianNLLLoss : public Layer<GaussianNLLLoss> {
 public:
  static constexpr std::string_view type = "GaussianNLLLoss";
  using Options = GaussianNLLLossOptions;
  explicit GaussianNLLLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target, const Tensor& var);

  Options options;
};

class CTCLoss : public Layer<CTCLoss> {
 public:
  static constexpr std::string_view type = "CTCLoss";
  using Options = CTCLossOptions;
  explicit CTCLoss(Options options = {});
  Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths);

  Options options;
};

extern template class Layer<BCELoss>;
extern template class Layer<BCEWithLogitsLoss>;
extern template class Layer<KLDivLoss>;
extern template class Layer<PoissonNLLLoss>;
extern template class Layer<GaussianNLLLoss>;
extern template class Layer<CTCLoss>;

}  // namespace tare::nn
