// Losses over classes; the functions of the same names (autograd/ops/loss.h) say what each computes.
#pragma once

#include "autograd/ops/loss.h"
#include "nn/layer.h"

namespace tare::nn {

using tare::cross_entropy;
using tare::nll_loss;
using tare::multi_margin_loss;
using tare::multilabel_margin_loss;
using tare::multilabel_soft_margin_loss;
using tare::focal_loss;
using tare::dice_loss;

class CrossEntropyLoss : public Layer<CrossEntropyLoss> {
 public:
  static constexpr std::string_view type = "CrossEntropyLoss";
  using Options = CrossEntropyOptions;
  explicit CrossEntropyLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class NLLLoss : public Layer<NLLLoss> {
 public:
  static constexpr std::string_view type = "NLLLoss";
  using Options = NLLLossOptions;
  explicit NLLLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class MultiMarginLoss : public Layer<MultiMarginLoss> {
 public:
  static constexpr std::string_view type = "MultiMarginLoss";
  using Options = MultiMarginLossOptions;
  explicit MultiMarginLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class MultiLabelMarginLoss : public Layer<MultiLabelMarginLoss> {
 public:
  static constexpr std::string_view type = "MultiLabelMarginLoss";
  using Options = LossOptions;
  explicit MultiLabelMarginLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class MultiLabelSoftMarginLoss : public Layer<MultiLabelSoftMarginLoss> {
 public:
  static constexpr std::string_view type = "MultiLabelSoftMarginLoss";
  using Options = MultiLabelSoftMarginLossOptions;
  explicit MultiLabelSoftMarginLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class FocalLoss : public Layer<FocalLoss> {
 public:
  static constexpr std::string_view type = "FocalLoss";
  using Options = FocalLossOptions;
  explicit FocalLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

class DiceLoss : public Layer<DiceLoss> {
 public:
  static constexpr std::string_view type = "DiceLoss";
  using Options = DiceLossOptions;
  explicit DiceLoss(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& target);

  Options options;
};

extern template class Layer<CrossEntropyLoss>;
extern template class Layer<NLLLoss>;
extern template class Layer<MultiMarginLoss>;
extern template class Layer<MultiLabelMarginLoss>;
extern template class Layer<MultiLabelSoftMarginLoss>;
extern template class Layer<FocalLoss>;
extern template class Layer<DiceLoss>;

}  // namespace tare::nn
