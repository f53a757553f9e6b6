#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/index.h"

namespace tare {
namespace {

int class_axis(const char* what, const Tensor& x) {
  check<ShapeError>(x.dim() >= 1, what, ": expected scores (C), (N, C) or (N, C, d1, ...) but they have no axes");
  return x.dim() == 1 ? 0 : 1;
}

Tensor class_indices(const char* what, const Tensor& target) {
  check<DTypeError>(target.dtype() == DType::int64 || target.dtype() == DType::uint8, what, ": expected int64 classes as targets but they are ", target.dtype());
  return target.dtype() == DType::int64 ? target : kernels::to(target, DType::int64);
}

Tensor like(const Tensor& weight, const Tensor& x) { return weight.defined() && weight.dtype() != x.dtype() ? to(weight, x.dtype()) : weight; }

// (C) beside (N, C, ...).
Tensor along_classes(const Tensor& weight, const Tensor& x, int axis) {
  Shape shape(x.dim(), 1);
  shape[axis] = weight.numel();
  return reshape(weight, shape);
}

// What the targets pick, their factors (0 for the ignored) and whether they count. `x` are log-probabilities.
struct Picked {
  Tensor scores, factors, counts;
};
Picked pick_targets(const char* what, const Tensor& x, const Tensor& target, const Tensor& weight, int64_t ignore_index) {
  int axis = class_axis(what, x);
  int64_t classes = x.shape()[axis];
  Shape expected = x.shape();
  expected.erase(axis);
  check<ShapeError>(target.shape() == expected, what, ": scores of shape ", x.shape(), " want targets of shape ", expected, " but they are ", target.shape());
  check<ShapeError>(!weight.defined() || weight.shape() == Shape{classes}, what, ": expected one weight a class, ", Shape{classes}, ", but weight is ",
                    weight.defined() ? weight.shape() : Shape{});
  Tensor dense = kernels::contiguous(target), safe = empty(target.shape(), DType::int64), counts = empty(target.shape(), DType::boolean);
  const int64_t* label = dense.data<int64_t>();
  for (int64_t i = 0, n = dense.numel(); i < n; i++) {
    bool ignored = label[i] == ignore_index;
    check<IndexError>(ignored || (label[i] >= 0 && label[i] < classes), what, ": the label ", label[i], " at position ", i, " is out of range for ", classes,
                      " classes; labels go from 0 to ", classes - 1, ", or are ignore_index (", ignore_index, ")");
    counts.mutable_data<bool>()[i] = !ignored;
    safe.mutable_data<int64_t>()[i] = ignored ? 0 : label[i];
  }
  Tensor scores = squeeze(gather(x, axis, unsqueeze(safe, axis)), {axis});
  Tensor factors = weight.defined() ? kernels::take(weight, safe) : ones(target.shape(), x.dtype());
  return {scores, where(counts, factors, 0.0), counts};
}

Tensor reduce_weighted(const Tensor& losses, const Tensor& factors, Reduction reduction) {
  if (reduction == Reduction::mean) return sum(losses) / sum(factors);
  return reduce_loss(losses, reduction);
}

// The definition of cross entropy with class targets.
Tensor class_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, const CrossEntropyOptions& o) {
  int axis = class_axis("cross_entropy", x);
  Tensor y = log_softmax(x, axis);
  Picked p = pick_targets("cross_entropy", y, target, weight, o.ignore_index);
  // An ignored sample counts for nothing, be its scores infinite or NaN.
  Tensor losses = where(p.counts, -p.scores * p.factors, 0.0);
  if (o.label_smoothing != 0) {
    Tensor everywhere = sum(weight.defined() ? -y * along_classes(weight, x, axis) : -y, {axis});
    losses = (1 - o.label_smoothing) * losses + o.label_smoothing / double(x.shape()[axis]) * where(p.counts, everywhere, 0.0);
  }
  return reduce_weighted(losses, p.factors, o.reduction);
}

Tensor probability_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, const CrossEntropyOptions& o) {
  check<ShapeError>(target.shape() == x.shape(), "cross_entropy: targets that are probabilities must have the shape of the scores ", x.shape(), " but are ",
                    target.shape());
  int axis = class_axis("cross_entropy", x);
  int64_t classes = x.shape()[axis];
  check<ShapeError>(!weight.defined() || weight.shape() == Shape{classes}, "cross_entropy: expected one weight a class, ", Shape{classes}, ", but weight is ",
                    weight.defined() ? weight.shape() : Shape{});
  Tensor t = o.label_smoothing != 0 ? target * (1 - o.label_smoothing) + o.label_smoothing / double(classes) : target;
  Tensor terms = t * log_softmax(x, axis);
  if (weight.defined()) terms = terms * along_classes(weight, x, axis);
  Tensor losses = -sum(terms, {axis});
  if (o.reduction == Reduction::mean) return sum(losses) / (double(x.numel()) / double(classes));
  return reduce_loss(losses, o.reduction);
}

// (N, C) or (C), which becomes (1, C).
Tensor score_rows(const char* what, const Tensor& x) {
  check<ShapeError>((x.dim() == 1 || x.dim() == 2) && x.shape().back() > 0, what, ": expected scores (N, C) or (C) but their shape is ", x.shape());
  return x.dim() == 1 ? unsqueeze(x, 0) : x;
}

}  // namespace

Tensor cross_entropy(const Tensor& x, const Tensor& target, const CrossEntropyOptions& o) {
  class_axis("cross_entropy", x);
  check<ValueError>(o.label_smoothing >= -1 && o.label_smoothing <= 1, "cross_entropy: label_smoothing must be in [-1, 1], not ", o.label_smoothing);
  Tensor weight = like(o.weight, x);
  if (is_floating(target.dtype())) return probability_cross_entropy(x, target, weight, o);
  Tensor labels = class_indices("cross_entropy", target);
  kernels::CrossEntropyOptions k{o.reduction, o.ignore_index, o.label_smoothing};
  kernels::CrossEntropyResult result = kernels::cross_entropy(x, labels, weight, k);
  Tensor loss = result.loss;
  result.loss = Tensor();
  return fused(
      "cross_entropy", loss, {x, labels},
      [k, weight, result](const Tensors& grads, const Tensors& in, const Tensors&, Needs) {
        return Tensors{kernels::cross_entropy_backward(grads[0], in[0], in[1], weight, result, k), Tensor()};
      },
      [o, weight](const Tensors& in) { return Tensors{class_cross_entropy(in[0], in[1], weight, o)}; });
}

Tensor nll_loss(const Tensor& x, const Tensor& target, const NLLLossOptions& o) {
  Picked p = pick_targets("nll_loss", x, class_indices("nll_loss", target), like(o.weight, x), o.ignore_index);
  return reduce_weighted(where(p.counts, -p.scores * p.factors, 0.0), p.factors, o.reduction);
}

Tensor multi_margin_loss(const Tensor& x, const Tensor& target, const MultiMarginLossOptions& o) {
  check<ValueError>(o.p == 1 || o.p == 2, "multi_margin_loss: expected p to be 1 or 2, not ", o.p);
  Tensor rows = score_rows("multi_margin_loss", x);
  Tensor labels = class_indices("multi_margin_loss", target);
  check<ShapeError>(labels.numel() == rows.shape()[0] && labels.dim() <= 1, "multi_margin_loss: scores ", x.shape(), " want one target a row but the targets are ", target.shape());
  labels = reshape(labels, {labels.numel()});
  // No label is ignored: the least int64 is none.
  Picked own = pick_targets("multi_margin_loss", rows, labels, like(o.weight, x), INT64_MIN);
  Tensor excess = relu(o.margin - unsqueeze(own.scores, 1) + rows);
  if (o.p == 2) excess = square(excess);
  excess = where(kernels::to(kernels::one_hot(labels, rows.shape()[1]), DType::boolean), 0.0, excess * unsqueeze(own.factors, 1));
  Tensor losses = sum(excess, {1}) / double(rows.shape()[1]);
  return reduce_loss(x.dim() == 1 ? reshape(losses, target.shape()) : losses, o.reduction);
}

Tensor multilabel_margin_loss(const Tensor& x, const Tensor& target, const LossOptions& o) {
  Tensor rows = score_rows("multilabel_margin_loss", x);
  check<ShapeError>(target.shape() == x.shape(), "multilabel_margin_loss: expected targets of the scores' shape ", x.shape(), " but they are ", target.shape());
  Tensor labels = kernels::contiguous(class_indices("multilabel_margin_loss", target));
  int64_t n = rows.shape()[0], classes = rows.shape()[1];
  Tensor listed = empty({n, classes}, DType::int64), counts = zeros({n, classes, 1}, DType::boolean), others = ones({n, 1, classes}, DType::boolean);
  for (int64_t i = 0; i < n; i++) {
    bool open = true;
    for (int64_t j = 0; j < classes; j++) {
      int64_t label = labels.data<int64_t>()[i * classes + j];
      check<IndexError>(label >= -1 && label < classes, "multilabel_margin_loss: the label ", label, " in row ", i, " is out of range for ", classes,
                        " classes; a list ends with -1");
      open = open && label >= 0;
      listed.mutable_data<int64_t>()[i * classes + j] = open ? label : 0;
      if (!open) continue;
      counts.mutable_data<bool>()[i * classes + j] = true;
      others.mutable_data<bool>()[i * classes + label] = false;
    }
  }
  Tensor excess = relu(1.0 - unsqueeze(gather(rows, 1, listed), 2) + unsqueeze(rows, 1));  // (n, listed, classes)
  Tensor losses = sum(where(kernels::logical_and(counts, others), excess, 0.0), {1, 2}) / double(classes);
  return reduce_loss(x.dim() == 1 ? reshape(losses, {}) : losses, o.reduction);
}

Tensor multilabel_soft_margin_loss(const Tensor& x, const Tensor& target, const MultiLabelSoftMarginLossOptions& o) {
  check<ShapeError>(x.dim() >= 1 && x.shape() == target.shape(), "multilabel_soft_margin_loss: expected targets of the logits' shape ", x.shape(), " but they are ",
                    target.shape());
  Tensor losses = -(target * logsigmoid(x) + (1.0 - to(target, x.dtype())) * logsigmoid(-x));
  if (o.weight.defined()) losses = losses * like(o.weight, x);
  return reduce_loss(mean(losses, {-1}), o.reduction);
}

Tensor focal_loss(const Tensor& x, const Tensor& target, const FocalLossOptions& o) {
  check<ShapeError>(x.shape() == target.shape(), "focal_loss: expected targets of the logits' shape ", x.shape(), " but they are ", target.shape());
  check<ValueError>(o.gamma >= 0, "focal_loss: expected gamma of at least 0, not ", o.gamma);
  Tensor t = to(target, x.dtype()), p = sigmoid(x);
  Tensor losses = binary_cross_entropy_with_logits(x, t, {.reduction = Reduction::none});
  losses = losses * pow(p * (1.0 - t) + (1.0 - p) * t, o.gamma);
  if (o.alpha >= 0) losses = losses * (o.alpha * t + (1 - o.alpha) * (1.0 - t));
  return reduce_loss(losses, o.reduction);
}

Tensor dice_loss(const Tensor& x, const Tensor& target, const DiceLossOptions& o) {
  check<ShapeError>(x.dim() >= 2 && x.shape() == target.shape(), "dice_loss: expected logits (N, *) and targets of the same shape but they are ", x.shape(), " and ",
                    target.shape());
  Tensor t = flatten(to(target, x.dtype()), 1), p = flatten(sigmoid(x), 1);
  Tensor sizes = o.square ? sum(square(p) + square(t), {1}) : sum(p + t, {1});
  return reduce_loss(1.0 - (2.0 * sum(p * t, {1}) + o.smooth) / (sizes + o.smooth), o.reduction);
}

}  // namespace tare
