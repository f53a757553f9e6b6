// Samplers: which samples an epoch visits, and in what order.
#pragma once

#include <memory>
#include <vector>

#include "core/data/dataset.h"
#include "core/visitor.h"

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

/// Orders of shuffling SGD, epoch by epoch (Wu, Yun and Sra, 2023, arXiv:2302.12444; nn/theory/shuffling.h): RandomReshuffle draws a new permutation for every epoch, as
/// DataLoader does with shuffle; SingleShuffle draws one and keeps it, so that batches stay together. The k-th order is a function of (seed, k).
class RandomReshuffle {
 public:
  /// n samples, at least one. Throws ValueError.
  explicit RandomReshuffle(int64_t n, uint64_t seed = 0);
  /// A permutation of 0 .. n-1.
  std::vector<int64_t> next_epoch();
  /// "epoch", for checkpoints.
  void visit(Visitor& v);

 private:
  int64_t n_, epoch_ = 0;
  uint64_t seed_;
};
class SingleShuffle {
 public:
  explicit SingleShuffle(int64_t n, uint64_t seed = 0);
  std::vector<int64_t> next_epoch() const { return order_; }
  /// For a loader: the same order in every epoch.
  Sampler for_loader() const;

 private:
  std::vector<int64_t> order_;
};

/// Batches in which every class has its place (Francazi et al., 2023, arXiv:2207.00391):
///
///   proportional  each batch holds of class c the share of c among all samples, at least one, so that every class is in every batch
///   oversample    each batch holds per_class_batch samples of every class
///
/// A batch has about per_class_batch (number of classes) samples either way, class by class. A class whose samples are used up is shuffled anew and begins again; an
/// epoch ends with the batch that uses up the largest class.
class ClassBalancedSampler {
 public:
  enum class Mode { proportional, oversample };
  /// labels: int64 (N), those that occur are the classes. Throws ValueError for an empty list or per_class_batch < 1, DTypeError for other labels.
  ClassBalancedSampler(const Tensor& labels, int64_t per_class_batch, uint64_t seed, Mode mode = Mode::proportional);
  /// Indices of the next batch.
  std::vector<int64_t> next();
  int64_t batch_size() const;
  int64_t batches_per_epoch() const;
  /// Where every class stands, for checkpoints: how often the k-th class was shuffled ("round_<k>", which with the seed gives its order) and its "position_<k>".
  void visit(Visitor& v);
  /// For a loader with batch_size(): whole epochs, each from a fresh order.
  Sampler for_loader() const;

 private:
  friend class ClassBalancedSource;
  struct Class {
    std::vector<int64_t> members{}, order{};
    int64_t per_batch = 1, round = 0, position = 0;
  };
  void shuffle(size_t k);
  void start(uint64_t seed);
  std::vector<Class> classes_;
  uint64_t seed_ = 0;
};

}  // namespace tare::data
