// Losses, with the names, options and defaults of torch.nn.functional. Each options struct is also that of the module of the same name.
//
// `reduction` says what becomes of the single losses: none, their mean (the default), or their sum. Predictions come first, targets second;
// gradients flow into both where that makes sense.
#pragma once

#include <string_view>

#include "core/tensor.h"
#include "kernels/cross_entropy.h"

namespace tare {

class Visitor;

using kernels::Reduction;  // none, mean, sum

/// A loss that has no option but the reduction.
struct LossOptions {
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// Applies a reduction to single losses. The mean of nothing is NaN.
Tensor reduce_loss(const Tensor& losses, Reduction reduction);

// ---- classes (loss_class.cpp)

struct CrossEntropyOptions {
  Tensor weight{};                       ///< (C): factor of each class; the mean divides by the sum of the targets' factors
  Reduction reduction = Reduction::mean;
  int64_t ignore_index = -100;           ///< class targets of this value count for nothing
  double label_smoothing = 0;            ///< this share of each target is spread evenly over all classes; down to -1 (negative: sharper targets)
  void visit(Visitor& v);
};
/// -log softmax(x)[target], x (N, C), (N, C, d1, ...) or (C). target: int64 classes (N), (N, d1, ...) or [], or probabilities of x's shape.
/// Throws IndexError naming the first class outside [0, C).
Tensor cross_entropy(const Tensor& x, const Tensor& target, const CrossEntropyOptions& options = {});

struct NLLLossOptions {
  Tensor weight{};
  Reduction reduction = Reduction::mean;
  int64_t ignore_index = -100;
  void visit(Visitor& v);
};
/// -x[target], x log-probabilities; shapes as in cross_entropy.
Tensor nll_loss(const Tensor& x, const Tensor& target, const NLLLossOptions& options = {});

struct MultiMarginLossOptions {
  int64_t p = 1;          ///< 1 or 2
  double margin = 1;
  Tensor weight{};        ///< (C)
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// sum over j != target of max(0, margin - x[target] + x[j])^p / C, x (N, C) or (C).
Tensor multi_margin_loss(const Tensor& x, const Tensor& target, const MultiMarginLossOptions& options = {});
/// sum over targets i and non-targets j of max(0, 1 - x[i] + x[j]) / C. Each row of `target` lists classes up to the first -1.
Tensor multilabel_margin_loss(const Tensor& x, const Tensor& target, const LossOptions& options = {});

struct MultiLabelSoftMarginLossOptions {
  Tensor weight{};
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// Mean over the last axis of the binary cross entropy of logits.
Tensor multilabel_soft_margin_loss(const Tensor& x, const Tensor& target, const MultiLabelSoftMarginLossOptions& options = {});

struct FocalLossOptions {
  double alpha = 0.25;  ///< factor of positive targets, 1 - alpha that of negative ones; negative: none
  double gamma = 2;     ///< 0 gives the plain binary cross entropy
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// alpha_t (1 - p_t)^gamma (-log p_t) of logits against 0 or 1, p_t the probability given to the truth (Lin et al. 2017, arXiv 1708.02002).
Tensor focal_loss(const Tensor& x, const Tensor& target, const FocalLossOptions& options = {});

struct DiceLossOptions {
  double smooth = 1;       ///< added to both sides of the fraction
  bool square = false;     ///< squares in the denominator (Milletari et al.); otherwise the plain sums
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// 1 - (2 sum p t + smooth) / (sum p + sum t + smooth) over all axes but the first, p = sigmoid(x) (Milletari et al. 2016, arXiv 1606.04797).
Tensor dice_loss(const Tensor& x, const Tensor& target, const DiceLossOptions& options = {});

// ---- probabilities (loss_probability.cpp)

struct BCELossOptions {
  Tensor weight{};  ///< broadcast to the losses
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// -(t log x + (1 - t) log(1 - x)) of probabilities x; logarithms below -100 count as -100.
Tensor binary_cross_entropy(const Tensor& x, const Tensor& target, const BCELossOptions& options = {});

struct BCEWithLogitsLossOptions {
  Tensor weight{};
  Reduction reduction = Reduction::mean;
  Tensor pos_weight{};  ///< factor of the positive part, broadcast to the target
  void visit(Visitor& v);
};
/// The same of logits, without overflow.
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target, const BCEWithLogitsLossOptions& options = {});

enum class KLReduction { none, mean, sum, batchmean };
struct KLDivLossOptions {
  KLReduction reduction = KLReduction::mean;  ///< batchmean: the sum divided by the first axis, the divergence's true mean
  bool log_target = false;
  void visit(Visitor& v);
};
/// t (log t - x), x log-probabilities; exp(t) (t - x) with log_target.
Tensor kl_div(const Tensor& x, const Tensor& target, const KLDivLossOptions& options = {});

struct PoissonNLLLossOptions {
  bool log_input = true;  ///< x is the logarithm of the rate
  bool full = false;      ///< adds Stirling's approximation of log t! where t > 1
  double eps = 1e-8;      ///< added to a rate before its logarithm
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
Tensor poisson_nll_loss(const Tensor& x, const Tensor& target, const PoissonNLLLossOptions& options = {});

struct GaussianNLLLossOptions {
  bool full = false;  ///< adds log(2 pi) / 2
  double eps = 1e-6;  ///< smaller variances count as this; the gradient passes all the same
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// (log var + (x - t)^2 / var) / 2. var: x's shape, or that with a last axis of 1, or without the last axis.
Tensor gaussian_nll_loss(const Tensor& x, const Tensor& target, const Tensor& var, const GaussianNLLLossOptions& options = {});

struct CTCLossOptions {
  int64_t blank = 0;
  Reduction reduction = Reduction::mean;  ///< mean: each loss divided by its target's length (at least 1) first
  bool zero_infinity = false;             ///< impossible alignments give 0 instead of infinity
  void visit(Visitor& v);
};
/// Connectionist temporal classification (Graves et al. 2006): -log of the probability of all alignments of the targets. log_probs (T, N, C) or (T, C);
/// targets (N, S), or all of them one after another; lengths int64 (N). The gradient is that of the definition; PyTorch's presumes rows
/// that are log-softmax outputs and differs by exp(log_probs), which drops out there.
Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths,
                const CTCLossOptions& options = {});

// ---- distances (loss_distance.cpp)

Tensor l1_loss(const Tensor& x, const Tensor& target, const LossOptions& options = {});
Tensor mse_loss(const Tensor& x, const Tensor& target, const LossOptions& options = {});

struct SmoothL1LossOptions {
  Reduction reduction = Reduction::mean;
  double beta = 1;  ///< from here on linear; 0 gives the L1 loss
  void visit(Visitor& v);
};
/// d^2 / (2 beta) for |d| < beta, |d| - beta / 2 beyond.
Tensor smooth_l1_loss(const Tensor& x, const Tensor& target, const SmoothL1LossOptions& options = {});

struct HuberLossOptions {
  Reduction reduction = Reduction::mean;
  double delta = 1;
  void visit(Visitor& v);
};
/// d^2 / 2 for |d| < delta, delta (|d| - delta / 2) beyond.
Tensor huber_loss(const Tensor& x, const Tensor& target, const HuberLossOptions& options = {});

/// log(1 + exp(-t x)), t = 1 or -1.
Tensor soft_margin_loss(const Tensor& x, const Tensor& target, const LossOptions& options = {});

struct MarginOptions {
  double margin = 0;
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
struct HingeEmbeddingLossOptions {
  double margin = 1;
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// x where t = 1, max(0, margin - x) where t = -1.
Tensor hinge_embedding_loss(const Tensor& x, const Tensor& target, const HingeEmbeddingLossOptions& options = {});
/// max(0, -t (x1 - x2) + margin).
Tensor margin_ranking_loss(const Tensor& x1, const Tensor& x2, const Tensor& target, const MarginOptions& options = {});
/// 1 - cos(x1, x2) where t = 1, max(0, cos(x1, x2) - margin) where t = -1; x1 and x2 (N, D) or (D).
Tensor cosine_embedding_loss(const Tensor& x1, const Tensor& x2, const Tensor& target, const MarginOptions& options = {});

struct TripletMarginLossOptions {
  double margin = 1;
  double p = 2;
  double eps = 1e-6;
  bool swap = false;  ///< compares with the nearer of anchor and positive (Balntas et al. 2016)
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v);
};
/// max(0, d(anchor, positive) - d(anchor, negative) + margin) with the p-norm distance along the last axis.
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, const TripletMarginLossOptions& options = {});

}  // namespace tare
