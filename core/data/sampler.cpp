#include "core/data/sampler.h"

#include <algorithm>
#include <cmath>
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

class FixedSource : public SamplerSource {
 public:
  explicit FixedSource(std::vector<int64_t> order) : order_(std::move(order)) {}
  std::vector<int64_t> order(int64_t n, Generator) const override {
    check<ValueError>(int64_t(order_.size()) == n, "SingleShuffle: it orders ", order_.size(), " samples but there are ", n);
    return order_;
  }

 private:
  std::vector<int64_t> order_;
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

RandomReshuffle::RandomReshuffle(int64_t n, uint64_t seed) : n_(n), seed_(seed) {
  check<ValueError>(n >= 1, "RandomReshuffle: there must be at least one sample, not ", n);
}
std::vector<int64_t> RandomReshuffle::next_epoch() { return permutation(n_, derive(seed_, uint64_t(epoch_++), 0)); }
void RandomReshuffle::visit(Visitor& v) { v.state("epoch", epoch_); }

SingleShuffle::SingleShuffle(int64_t n, uint64_t seed) : order_(RandomReshuffle(n, seed).next_epoch()) {}
Sampler SingleShuffle::for_loader() const { return Sampler(std::make_shared<FixedSource>(order_)); }

ClassBalancedSampler::ClassBalancedSampler(const Tensor& labels, int64_t per_class_batch, uint64_t seed, Mode mode) {
  check<DTypeError>(labels.defined() && labels.dtype() == DType::int64 && labels.dim() == 1, "ClassBalancedSampler: expected one int64 label a sample");
  check<ValueError>(labels.numel() > 0, "ClassBalancedSampler: there are no samples");
  check<ValueError>(per_class_batch >= 1, "ClassBalancedSampler: per_class_batch must be at least 1, not ", per_class_batch);
  std::map<int64_t, std::vector<int64_t>> members;
  std::vector<int64_t> values = labels.to_vector<int64_t>();
  for (size_t i = 0; i < values.size(); i++) members[values[i]].push_back(int64_t(i));
  double batch = double(per_class_batch) * double(members.size());
  for (auto& [label, indices] : members) {
    double share = double(indices.size()) / double(values.size());
    int64_t count = mode == Mode::oversample ? per_class_batch : std::max<int64_t>(1, std::llround(batch * share));
    classes_.push_back({.members = std::move(indices), .per_batch = count});
  }
  start(seed);
}

void ClassBalancedSampler::shuffle(size_t k) {
  Class& c = classes_[k];
  c.order = permutation(int64_t(c.members.size()), derive(seed_, k, uint64_t(c.round)));
  for (int64_t& i : c.order) i = c.members[size_t(i)];
}

void ClassBalancedSampler::start(uint64_t seed) {
  seed_ = seed;
  for (size_t k = 0; k < classes_.size(); k++) {
    classes_[k].round = classes_[k].position = 0;
    shuffle(k);
  }
}

std::vector<int64_t> ClassBalancedSampler::next() {
  std::vector<int64_t> batch;
  for (size_t k = 0; k < classes_.size(); k++) {
    Class& c = classes_[k];
    for (int64_t i = 0; i < c.per_batch; i++) {
      if (c.position == int64_t(c.order.size())) c.round++, c.position = 0, shuffle(k);
      batch.push_back(c.order[size_t(c.position++)]);
    }
  }
  return batch;
}

int64_t ClassBalancedSampler::batch_size() const {
  int64_t total = 0;
  for (const Class& c : classes_) total += c.per_batch;
  return total;
}

int64_t ClassBalancedSampler::batches_per_epoch() const {
  const Class& largest = *std::max_element(classes_.begin(), classes_.end(), [](const Class& a, const Class& b) { return a.members.size() < b.members.size(); });
  return (int64_t(largest.members.size()) + largest.per_batch - 1) / largest.per_batch;
}

void ClassBalancedSampler::visit(Visitor& v) {
  for (size_t k = 0; k < classes_.size(); k++) {
    v.state(text("round_", k), classes_[k].round);
    v.state(text("position_", k), classes_[k].position);
    shuffle(k);
  }
}

class ClassBalancedSource : public SamplerSource {
 public:
  explicit ClassBalancedSource(const ClassBalancedSampler& sampler) : sampler_(sampler) {}
  std::vector<int64_t> order(int64_t, Generator g) const override {
    ClassBalancedSampler epoch = sampler_;
    epoch.start(uint64_t(g.uniform() * 0x1p53));
    std::vector<int64_t> all;
    for (int64_t b = 0; b < epoch.batches_per_epoch(); b++) {
      std::vector<int64_t> batch = epoch.next();
      all.insert(all.end(), batch.begin(), batch.end());
    }
    return all;
  }

 private:
  ClassBalancedSampler sampler_;
};

Sampler ClassBalancedSampler::for_loader() const { return Sampler(std::make_shared<ClassBalancedSource>(*this)); }

}  // namespace tare::data
