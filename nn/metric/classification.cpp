#include "nn/metric/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/ops/factory.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "core/error.h"

namespace tare::nn::metric {
namespace {

struct Rows {
  std::vector<double> scores;
  std::vector<int64_t> labels;
  int64_t n, classes;
};

Rows rows_of(std::string_view who, const Tensor& scores, const Tensor& labels) {
  check<ShapeError>(scores.dim() == 2 && labels.dim() == 1 && labels.size(0) == scores.size(0), who, ": expected scores [N, C] and labels [N] but they are ", scores.shape(),
                    " and ", labels.shape());
  check<DTypeError>(labels.dtype() == DType::int64, who, ": labels must be int64 classes, not ", labels.dtype());
  check<ValueError>(scores.size(0) > 0, who, ": there are no samples");
  Rows r{scores.detach().to_vector<double>(), labels.to_vector<int64_t>(), scores.size(0), scores.size(1)};
  for (int64_t y : r.labels) check<IndexError>(y >= 0 && y < r.classes, who, ": the label ", y, " is none of the ", r.classes, " classes");
  return r;
}

int64_t top(const Rows& r, int64_t i) {
  auto row = r.scores.begin() + i * r.classes;
  return std::max_element(row, row + r.classes) - row;
}

}  // namespace

double accuracy(const Tensor& scores, const Tensor& labels, int64_t k) {
  Rows r = rows_of("accuracy", scores, labels);
  check<ValueError>(k >= 1 && k <= r.classes, "accuracy: k must be in [1, ", r.classes, "], not ", k);
  int64_t right = 0;
  for (int64_t i = 0; i < r.n; i++) {
    const double* row = r.scores.data() + i * r.classes;
    int64_t y = r.labels[size_t(i)], ahead = 0;
    // NaN is ahead of nothing and behind everything.
    for (int64_t c = 0; c < r.classes; c++) ahead += c != y && !(row[c] < row[y] || (row[c] == row[y] && c > y)) ? 1 : 0;
    right += ahead < k;
  }
  return double(right) / double(r.n);
}

Tensor confusion_matrix(const Tensor& predicted, const Tensor& labels, int64_t classes) {
  check<ValueError>(classes > 0, "confusion_matrix: num_classes must be greater than 0, not ", classes);
  std::vector<int64_t> guesses;
  if (predicted.dim() == 2) {
    Rows r = rows_of("confusion_matrix", predicted, labels);
    for (int64_t i = 0; i < r.n; i++) guesses.push_back(top(r, i));
  } else {
    check<ShapeError>(predicted.shape() == labels.shape() && labels.dim() == 1, "confusion_matrix: expected predictions [N] (or scores [N, C]) and labels [N] but they are ",
                      predicted.shape(), " and ", labels.shape());
    check<DTypeError>(predicted.dtype() == DType::int64, "confusion_matrix: predictions [N] must be int64 classes, not ", predicted.dtype());
    guesses = predicted.to_vector<int64_t>();
  }
  Tensor counts = zeros({classes, classes}, DType::int64);
  std::vector<int64_t> truth = labels.to_vector<int64_t>();
  for (size_t i = 0; i < truth.size(); i++) {
    for (int64_t c : {truth[i], guesses[i]}) check<IndexError>(c >= 0 && c < classes, "confusion_matrix: ", c, " is none of the ", classes, " classes");
    counts.mutable_data<int64_t>()[truth[i] * classes + guesses[i]]++;
  }
  return counts;
}

ClassScores class_scores(const Tensor& confusion) {
  check<ShapeError>(confusion.dim() == 2 && confusion.size(0) == confusion.size(1), "class_scores: expected a confusion matrix [C, C] but it is ", confusion.shape());
  int64_t classes = confusion.size(0);
  std::vector<int64_t> m = confusion.to_vector<int64_t>();
  std::vector<double> p, r, f, support;
  for (int64_t c = 0; c < classes; c++) {
    int64_t hits = m[size_t(c * classes + c)], occurs = 0, predicted = 0;
    for (int64_t k = 0; k < classes; k++) occurs += m[size_t(c * classes + k)], predicted += m[size_t(k * classes + c)];
    p.push_back(predicted ? double(hits) / double(predicted) : 0);
    r.push_back(occurs ? double(hits) / double(occurs) : 0);
    f.push_back(occurs + predicted ? 2 * double(hits) / double(occurs + predicted) : 0);
    support.push_back(double(occurs));
  }
  auto vector = [&](const std::vector<double>& v) { return from_vector(v, {classes}, DType::float64); };
  return {vector(p), vector(r), vector(f), vector(support)};
}

double f1_score(const Tensor& confusion, Average average) {
  ClassScores s = class_scores(confusion);
  auto f = s.f1.to_vector<double>(), support = s.support.to_vector<double>();
  double all = std::accumulate(support.begin(), support.end(), 0.0), total = 0;
  check<ValueError>(all > 0, "f1_score: the confusion matrix is empty");
  if (average == Average::macro) return std::accumulate(f.begin(), f.end(), 0.0) / double(f.size());
  if (average == Average::weighted) return std::inner_product(f.begin(), f.end(), support.begin(), 0.0) / all;
  std::vector<int64_t> m = confusion.to_vector<int64_t>();
  for (size_t c = 0; c < f.size(); c++) total += double(m[c * f.size() + c]);
  return total / all;
}

double roc_auc(const Tensor& scores, const Tensor& labels) {
  check<ShapeError>(scores.dim() == 1 && scores.shape() == labels.shape(), "roc_auc: expected scores [N] and labels [N] but they are ", scores.shape(), " and ", labels.shape());
  auto s = scores.detach().to_vector<double>();
  auto y = labels.to_vector<double>();
  std::vector<size_t> order(s.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return s[a] < s[b]; });
  // Mann and Whitney: the sum of the positives' ranks, ties at their mean rank.
  double positives = 0, ranks = 0;
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    while (j < order.size() && s[order[j]] == s[order[i]]) j++;
    for (size_t k = i; k < j; k++)
      if (y[order[k]] != 0) positives++, ranks += double(i + j + 1) / 2;
    i = std::max(j, i + 1);
  }
  double negatives = double(s.size()) - positives;
  check<ValueError>(positives > 0 && negatives > 0, "roc_auc: both classes must occur, but there are ", positives, " positive and ", negatives, " negative samples");
  return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
}

double expected_calibration_error(const Tensor& probs, const Tensor& labels, int64_t bins) {
  Rows r = rows_of("expected_calibration_error", probs, labels);
  check<ValueError>(bins >= 1, "expected_calibration_error: bins must be at least 1, not ", bins);
  std::vector<double> confidence(static_cast<size_t>(bins)), right(static_cast<size_t>(bins)), count(static_cast<size_t>(bins));
  for (int64_t i = 0; i < r.n; i++) {
    int64_t guess = top(r, i);
    double p = r.scores[size_t(i * r.classes + guess)];
    auto bin = size_t(std::clamp<int64_t>(int64_t(std::ceil(p * double(bins))) - 1, 0, bins - 1));
    confidence[bin] += p;
    right[bin] += guess == r.labels[size_t(i)];
    count[bin]++;
  }
  double error = 0;
  for (size_t b = 0; b < count.size(); b++)
    if (count[b] > 0) error += std::abs(right[b] - confidence[b]) / double(r.n);
  return error;
}

double perplexity(const Tensor& logits, const Tensor& labels, int64_t ignore_index) {
  check<ShapeError>(logits.dim() >= 2 && logits.dim() == labels.dim() + 1, "perplexity: expected logits [..., C] and labels [...] but they are ", logits.shape(), " and ",
                    labels.shape());
  NoGrad off;
  Tensor rows = reshape(logits.detach(), {-1, logits.shape().back()});
  return std::exp(cross_entropy(rows, reshape(labels, {-1}), {.ignore_index = ignore_index}).item<double>());
}

}  // namespace tare::nn::metric
