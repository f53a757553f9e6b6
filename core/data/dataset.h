// Dataset: a numbered collection of samples, fetched a batch at a time.
//
// A Dataset is a handle on an immutable Source, so that copies are free and a loader's background threads may read it: to add one, derive from
// Source, give size() and get(), and hand it over: Dataset(std::make_shared<MySource>(...)).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"
#include "core/visitor.h"

namespace tare::data {

/// Inputs and targets of several samples along their first axis; `y` is undefined where there are no targets.
struct Batch {
  Tensor x, y;
};

class Source {
 public:
  virtual ~Source();
  virtual int64_t size() const = 0;
  /// The samples of these indices, all within [0, size()). Called from several threads at once; must depend on the indices alone.
  virtual Batch get(std::span<const int64_t> indices) const = 0;
  /// The targets of all samples; by default gathered through get().
  virtual Tensor targets() const;
  /// What the labels 0, 1, ... stand for; empty where the targets are no labels.
  virtual std::vector<std::string> class_names() const;
};

class Dataset {
 public:
  Dataset() = default;  ///< empty
  explicit Dataset(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  int64_t size() const;
  /// Throws IndexError, naming the index, for one outside of [0, size()).
  Batch get(std::span<const int64_t> indices) const;
  Batch get(std::initializer_list<int64_t> indices) const { return get(std::span(indices.begin(), indices.size())); }
  /// One sample, without the axis of the batch.
  Batch operator[](int64_t index) const;
  /// All samples as one batch.
  Batch all() const;
  Tensor targets() const;
  std::vector<std::string> class_names() const;
  const std::shared_ptr<const Source>& source() const { return source_; }

 private:
  std::shared_ptr<const Source> source_;
};

struct TensorDatasetOptions {
  Tensor x{};  ///< (samples, ...)
  Tensor y{};  ///< (samples, ...), or left out
  void visit(Visitor&);
};
/// Samples that stand in memory: x[i] and y[i]. The tensors are kept, not copied, unless they are strided.
class TensorDataset : public Dataset {
 public:
  using Options = TensorDatasetOptions;
  explicit TensorDataset(const TensorDatasetOptions& o);
  /// Throws ShapeError unless both have the same first size; `y` may be left out.
  explicit TensorDataset(const Tensor& x, const Tensor& y = {}, std::vector<std::string> class_names = {});
};

/// The samples of these indices of `whole`, in this order; an index may stand several times. Throws IndexError.
Dataset subset(const Dataset& whole, std::vector<int64_t> indices);
/// The first `n` samples, or all when there are fewer.
Dataset first(const Dataset& whole, int64_t n);
/// Parts of these sizes or, when all of them are fractions whose sum is 1, of these shares, chosen at random from `seed`.
/// Throws ValueError when they do not add up to the whole.
std::vector<Dataset> random_split(const Dataset& whole, const std::vector<double>& parts, uint64_t seed = 0);

/// Rows `indices` of `t` along its first axis, copied. Throws IndexError.
Tensor rows(const Tensor& t, std::span<const int64_t> indices);
/// A random order of 0 .. n-1.
std::vector<int64_t> permutation(int64_t n, Generator g);

}  // namespace tare::data
