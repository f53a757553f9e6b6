// The features of STORM (nn/weighting/storm.h): statistics of small groups of samples, as plain loops in double precision.
#include <algorithm>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/weighting/storm.h"
#include "nn/weighting/storm_memory.h"

namespace tare::nn {
namespace {

constexpr double kNoDeviation = 1e-8;
using Numbers = std::vector<double>;

struct Normal {
  double mean = 0, deviation = 0;
  double below(double x) const { return 0.5 * std::erfc((mean - x) / (deviation * std::sqrt(2.0))); }
};

/// Mean and unbiased deviation; `alone`: the deviation of a single number.
Normal describe_numbers(const Numbers& x, double alone) {
  double mean = 0, square = 0;
  for (double v : x) mean += v / double(x.size());
  for (double v : x) square += (v - mean) * (v - mean);
  return {mean, x.size() > 1 ? std::sqrt(square / double(x.size() - 1)) : alone};
}

double divergence(const Normal& p, const Normal& q) {
  if (p.deviation == 0 || q.deviation == 0) return 0;
  double ratio = p.deviation / q.deviation, shift = (p.mean - q.mean) / q.deviation;
  return -std::log(ratio) + (ratio * ratio + shift * shift - 1) / 2;
}

/// The area under both densities: 1 minus what the distribution functions differ by at the points where the densities cross.
double overlap(Normal p, Normal q) {
  p.deviation = std::max(p.deviation, kNoDeviation), q.deviation = std::max(q.deviation, kNoDeviation);
  if (q.deviation < p.deviation) std::swap(p, q);
  double pv = p.deviation * p.deviation, qv = q.deviation * q.deviation, wider = qv - pv, apart = std::abs(q.mean - p.mean);
  if (wider == 0) return std::erfc(apart / (2 * p.deviation * std::sqrt(2.0)));
  // a^2 x^2 terms differ: two crossings, at (p.mean qv - q.mean pv +- root) / (qv - pv).
  double middle = p.mean * qv - q.mean * pv, root = p.deviation * q.deviation * std::sqrt(apart * apart + wider * std::log(qv / pv));
  double first = (middle + root) / wider, second = (middle - root) / wider;
  return 1 - (std::abs(q.below(first) - p.below(first)) + std::abs(q.below(second) - p.below(second)));
}

}  // namespace

Tensor rescaler_features(const Tensor& logits, const Tensor& labels) {
  NoGrad off;
  check<ShapeError>(logits.dim() == 2 && labels.shape() == Shape({logits.size(0)}), "rescaler_features: expected logits (B, K) and labels (B) but they are ",
                    logits.shape(), " and ", labels.shape());
  Tensor log_p = log_softmax(logits, 1), p = exp(log_p);
  Tensor loss = cross_entropy(logits, labels, {.reduction = Reduction::none}), of_label = exp(-loss), largest = amax(p, {1});
  Tensor entropy = -sum(p * log_p, {1}) / std::log(double(logits.size(1)));
  return stack({loss, of_label, largest, entropy, largest - of_label}, 1);
}

StormMemory::StormMemory(int64_t num_classes, int64_t capacity, bool class_separation)
    : num_classes_(num_classes), capacity_(capacity), separate_(class_separation) {
  check<ConfigError>(num_classes >= 1 && capacity >= 0, "StormMemory: num_classes must be at least 1 and capacity 0, not ", num_classes, " and ", capacity);
}

template <class F>
void StormMemory::each_in_group(const Sample& s, F f) const {
  for (const Sample& other : samples_)
    if (other.agrees == s.agrees && (!separate_ || other.label == s.label)) f(other);
}

Tensor StormMemory::features(const Tensor& logits, const Tensor& labels) {
  NoGrad off;
  check<ShapeError>(logits.dim() == 3 && logits.size(0) >= 1 && logits.size(2) == num_classes_ && labels.shape() == Shape({logits.size(1)}),
                    "storm_features: expected logits (G, B, ", num_classes_, ") and labels (B) but they are ", logits.shape(), " and ", labels.shape());
  size_t passes = size_t(logits.size(0)), batch = size_t(logits.size(1)), classes = size_t(num_classes_);
  Numbers log_p = log_softmax(logits, 2).to_vector<double>();
  std::vector<int64_t> label = labels.to_vector<int64_t>();

  for (size_t i = 0; i < batch; i++) {
    check<IndexError>(label[i] >= 0 && label[i] < num_classes_, "storm_features: label ", label[i], " is outside [0, ", num_classes_, ")");
    Numbers losses, confidences;
    size_t hits = 0;
    bool first_hits = false;
    for (size_t g = 0; g < passes; g++) {
      const double* row = log_p.data() + (g * batch + i) * classes;
      size_t best = size_t(std::max_element(row, row + classes) - row);
      bool hit = best == size_t(label[i]);
      losses.push_back(-row[label[i]]), confidences.push_back(std::exp(row[best]));
      hits += hit;
      if (g == 0) first_hits = hit;
    }
    Normal loss = describe_numbers(losses, 0), confidence = describe_numbers(confidences, 0);
    samples_.push_back({label[i], 2 * hits == passes ? first_hits : 2 * hits > passes, {loss.mean, loss.deviation, confidence.mean, confidence.deviation}});
  }
  int64_t most = capacity_ > 0 ? capacity_ : int64_t(batch);
  std::vector<int64_t> count(classes);
  for (size_t k = samples_.size(); k-- > 0;)
    if (++count[size_t(samples_[k].label)] > most && k < samples_.size() - batch) samples_.erase(samples_.begin() + std::ptrdiff_t(k));

  Sample* fresh = samples_.data() + samples_.size() - batch;
  auto group_of = [&](const Sample& s, int m) {
    Numbers members;
    each_in_group(s, [&](const Sample& other) { members.push_back(other.measure[m]); });
    return describe_numbers(members, kNoDeviation);
  };
  for (size_t i = 0; i < batch; i++) {
    Normal own{fresh[i].measure[kLossMean], fresh[i].measure[kLossDeviation]}, group{group_of(fresh[i], kLossMean).mean, group_of(fresh[i], kLossDeviation).mean};
    fresh[i].measure[kDivergence] = divergence(own, group);
    fresh[i].measure[kOverlap] = overlap(own, group);
  }
  Numbers out;
  for (size_t i = 0; i < batch; i++) {
    for (int m = 0; m < kMeasures; m++) {
      Normal group = group_of(fresh[i], m);
      out.insert(out.end(), {fresh[i].measure[m], group.mean, group.deviation});
    }
    out.push_back(fresh[i].agrees);
  }
  return from_vector(out, {int64_t(batch), 19}, logits.dtype());
}

void StormMemory::visit(Visitor& v, std::string_view name) {
  Numbers flat;  // label, agreement and measures of one sample after another
  for (const Sample& s : samples_) {
    flat.insert(flat.end(), {double(s.label), double(s.agrees)});
    flat.insert(flat.end(), s.measure, s.measure + kMeasures);
  }
  v.state(name, flat);
  check<FileError>(flat.size() % (kMeasures + 2) == 0, "StormMemory: the saved samples are not whole");
  samples_.clear();
  for (size_t at = 0; at < flat.size(); at += kMeasures + 2) {
    Sample s{int64_t(flat[at]), flat[at + 1] != 0, {}};
    std::copy_n(flat.begin() + std::ptrdiff_t(at) + 2, size_t(kMeasures), s.measure);
    check<FileError>(s.label >= 0 && s.label < num_classes_, "StormMemory: a saved label is ", s.label, " but there are ", num_classes_, " classes");
    samples_.push_back(s);
  }
}

Tensor storm_features(const Tensor& logits, const Tensor& labels, int64_t num_classes, bool class_separation) {
  return StormMemory(num_classes, 0, class_separation).features(logits, labels);
}

}  // namespace tare::nn
