#include "core/data/sampler.h"

#include <algorithm>
#include <map>

#include "core/pack.h"

namespace tare::data {
namespace {

class WeightedSource : public SamplerSource {
 public:
  WeightedSource(const std::vector<double>& weights, int64_t count) : count_(count) {
    double sum = 0;
    for (double w : weights) {
      check<ValueError>(w >= 0, "WeightedSampler: a weight cannot be ", w);
      cumulative_.push_back(sum += w);
    }
    check<ValueError>(sum > 0, "WeightedSampler: at least one of the ", weights.size(), " weights must be positive");
  }
  std::vector<int64_t> order(int64_t n, Generator g) const override {
    check<ValueError>(int64_t(cumulative_.size()) == n, "WeightedSampler: there are ", cumulative_.size(), " weights but ", n, " samples");
    std::vector<int64_t> out(size_t(count_ > 0 ? count_ : n));
    for (int64_t& i : out)
      i = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, g.uniform() * cumulative_.back()) - cumulative_.begin();
    return out;
  }

 private:
  std::vector<double> cumulative_;
  int64_t count_;
};

std::vector<double> inverse_frequencies(const Dataset& dataset) {
  Tensor labels = dataset.targets();
  check<DTypeError>(labels.defined() && labels.dtype() == DType::int64 && labels.dim() == 1, "BalancedSampler: expected one int64 label a sample");
  std::map<int64_t, double> count;
  std::vector<int64_t> values = labels.to_vector<int64_t>();
  for (int64_t label : values) count[label]++;
  std::vector<double> weights;
  for (int64_t label : values) weights.push_back(1 / count[label]);
  return weights;
}

}  // namespace

SamplerSource::~SamplerSource() = default;

WeightedSampler::WeightedSampler(std::vector<double> weights, int64_t count) : Sampler(std::make_shared<WeightedSource>(weights, count)) {}

BalancedSampler::BalancedSampler(const Dataset& dataset, int64_t count) : Sampler(std::make_shared<WeightedSource>(inverse_frequencies(dataset), count)) {}

}  // namespace tare::data
