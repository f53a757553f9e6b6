// Measures of classifiers. Off the tape, in double precision; labels int64.
#pragma once

#include <optional>

#include "core/tensor.h"

namespace tare::nn::metric {

/// Share of samples whose label is among the k largest scores; scores (N, C), labels (N). Of equal scores the first index counts as larger.
double accuracy(const Tensor& scores, const Tensor& labels, int64_t k = 1);
/// (C, C) int64: row the true class, column the predicted one. predicted (N) are classes, or scores (N, C).
Tensor confusion_matrix(const Tensor& predicted, const Tensor& labels, int64_t num_classes);

/// Of each class, from a confusion matrix: (C) float64. A class that was never predicted has precision 0, one that never occurs recall 0.
struct ClassScores {
  Tensor precision, recall, f1, support;
};
ClassScores class_scores(const Tensor& confusion);
enum class Average { macro, micro, weighted };
/// macro: mean over classes; weighted: by how often they occur; micro: over all samples together (which is the accuracy).
double f1_score(const Tensor& confusion, Average average = Average::macro);

/// Area under the ROC curve: the probability that a positive sample scores above a negative one, ties counting half.
/// scores (N), labels (N) 0 or 1. Throws ValueError when one class is missing.
double roc_auc(const Tensor& scores, const Tensor& labels);

/// Naeini et al. 2015, Guo et al. 2017 (arXiv:1706.04599): bins (a, b] of equal width over the top probability,
/// sum over bins of count / N * |accuracy - mean confidence|. probs (N, C).
double expected_calibration_error(const Tensor& probs, const Tensor& labels, int64_t bins = 15);
/// exp of the mean cross entropy of logits (N, C) or (N, T, C) against labels (N) or (N, T); `ignore_index` labels are left out.
double perplexity(const Tensor& logits, const Tensor& labels, int64_t ignore_index = -100);

}  // namespace tare::nn::metric
