#include "nn/loss/cross_entropy.h"

namespace tare::nn {

CrossEntropyLoss::CrossEntropyLoss(Options o) : options(std::move(o)) {}
Tensor CrossEntropyLoss::forward(const Tensor& x, const Tensor& target) { return cross_entropy(x, target, options); }

NLLLoss::NLLLoss(Options o) : options(std::move(o)) {}
Tensor NLLLoss::forward(const Tensor& x, const Tensor& target) { return nll_loss(x, target, options); }

MultiMarginLoss::MultiMarginLoss(Options o) : options(std::move(o)) {}
Tensor MultiMarginLoss::forward(const Tensor& x, const Tensor& target) { return multi_margin_loss(x, target, options); }

MultiLabelMarginLoss::MultiLabelMarginLoss(Options o) : options(std::move(o)) {}
Tensor MultiLabelMarginLoss::forward(const Tensor& x, const Tensor& target) { return multilabel_margin_loss(x, target, options); }

MultiLabelSoftMarginLoss::MultiLabelSoftMarginLoss(Options o) : options(std::move(o)) {}
Tensor MultiLabelSoftMarginLoss::forward(const Tensor& x, const Tensor& target) { return multilabel_soft_margin_loss(x, target, options); }

FocalLoss::FocalLoss(Options o) : options(std::move(o)) {}
Tensor FocalLoss::forward(const Tensor& x, const Tensor& target) { return focal_loss(x, target, options); }

DiceLoss::DiceLoss(Options o) : options(std::move(o)) {}
Tensor DiceLoss::forward(const Tensor& x, const Tensor& target) { return dice_loss(x, target, options); }

template class Layer<CrossEntropyLoss>;
template class Layer<NLLLoss>;
template class Layer<MultiMarginLoss>;
template class Layer<MultiLabelMarginLoss>;
template class Layer<MultiLabelSoftMarginLoss>;
template class Layer<FocalLoss>;
template class Layer<DiceLoss>;

}  // namespace tare::nn
