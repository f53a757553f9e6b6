// DataLoader: a data set in batches, made ready in the background.
//
//   for (auto [x, y] : data::DataLoader(train, {.batch_size = 128, .shuffle = true})) ...
//
// Everything random derives from (seed, epoch, sample): the order of an epoch, and what the transforms do to a sample. Prefetching, the number
// of workers change nothing. A loader that is given a saved state() goes on with the batch that would have come next.
#pragma once

#include <memory>
#include <optional>

#include "core/data/dataset.h"
#include "core/data/sampler.h"
#include "core/data/transform.h"
#include "core/visitor.h"

namespace tare::data {

struct DataLoaderOptions {
  int64_t batch_size = 1;
  bool shuffle = false;
  bool drop_last = false;               ///< leave out a last batch that is smaller
  std::optional<int64_t> seed{};        ///< null: drawn from the default generator, if anything is random
  int64_t prefetch = 2;                 ///< batches made ahead; 0: none, and no background thread
  int64_t workers = 1;                  ///< background threads
  TransformList transforms{};
  Sampler sampler{};                    ///< instead of shuffle
  void visit(Visitor&);
};

/// Where a loader stands.
struct LoaderState {
  int64_t seed = 0;
  int64_t epoch = 0;  ///< of the next batch
  int64_t batch = 0;  ///< number of the next batch within the epoch
  void visit(Visitor&);
  bool operator==(const LoaderState&) const = default;
};

class DataLoader {
 public:
  using Options = DataLoaderOptions;
  /// Throws ValueError for an empty data set, and for options that make no sense.
  explicit DataLoader(Dataset dataset, DataLoaderOptions options = {});
  DataLoader(DataLoader&&) noexcept;
  DataLoader& operator=(DataLoader&&) noexcept;
  ~DataLoader();

  struct End {};
  class Iterator {
   public:
    Iterator(Iterator&&) noexcept;
    ~Iterator();  ///< stops the background threads and waits for them
    /// The batch; may be taken once. An exception met while it was made is thrown here.
    Batch operator*();
    Iterator& operator++();
    bool operator!=(End) const;
    bool operator==(End e) const { return !(*this != e); }

   private:
    friend class DataLoader;
    struct Epoch;
    explicit Iterator(std::unique_ptr<Epoch> epoch);
    std::unique_ptr<Epoch> epoch_;
  };
  /// Begins the next epoch, or goes on within the one that set_state() named. At most one loop runs at a time.
  Iterator begin();
  End end() const { return {}; }

  /// Number of batches an epoch has.
  int64_t size() const;
  const Dataset& dataset() const;
  const DataLoaderOptions& options() const;
  LoaderState state() const;
  void set_state(const LoaderState& s);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tare::data
