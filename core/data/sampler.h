// Samplers: which samples an epoch visits, and in what order.
#pragma once

#include <memory>
#include <vector>

#include "core/data/dataset.h"

namespace tare::data {

class SamplerSource {
 public:
  virtual ~SamplerSource();
  /// The indices of one epoch over `n` samples; `g` is fresh in every epoch.
  virtual std::vector<int64_t> order(int64_t n, Generator g) const = 0;
};

/// A sampler by value.
class Sampler {
 public:
  Sampler() = default;  ///< none: the loader's own order
  explicit Sampler(std::shared_ptr<const SamplerSource> source) : source_(std::move(source)) {}
  bool defined() const { return bool(source_); }
  std::vector<int64_t> order(int64_t n, Generator g) const { return source_->order(n, g); }

 private:
  std::shared_ptr<const SamplerSource> source_;
};

/// Draws `count` samples (0: as many as there are) with replacement, sample i with probability weights[i] / sum. Throws ValueError for negative
/// weights, or when all are zero.
struct WeightedSampler : Sampler {
  explicit WeightedSampler(std::vector<double> weights, int64_t count = 0);
};

/// Every class equally likely, whatever its size: WeightedSampler with the inverse of each label's frequency.
struct BalancedSampler : Sampler {
  explicit BalancedSampler(const Dataset& dataset, int64_t count = 0);
};

}  // namespace tare::data
