#include "core/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace tare::data {
namespace {

constexpr uint64_t kOrder = ~uint64_t{0};  // the "sample" whose generator orders an epoch

}  // namespace

void DataLoaderOptions::visit(Visitor& v) {
  v.option("batch_size", batch_size);
  v.option("shuffle", shuffle);
  v.option("drop_last", drop_last);
  v.option("seed", seed);
  v.option("prefetch", prefetch);
  v.option("workers", workers);
  v.option("transforms", transforms);
}

void LoaderState::visit(Visitor& v) {
  v.state("seed", seed);
  v.state("epoch", epoch);
  v.state("batch", batch);
}

struct DataLoader::Impl {
  Dataset dataset;
  DataLoaderOptions options;
  LoaderState state;
  bool resumed = false;  // state was set: the next loop begins within an epoch

  bool is_random() const {
    bool random = options.shuffle || options.sampler.defined();
    for (const Transform& t : options.transforms.items) random = random || t.is_random();
    return random;
  }
  std::vector<int64_t> order(int64_t epoch) const {
    Generator g = derive(uint64_t(state.seed), uint64_t(epoch), kOrder);
    if (options.sampler.defined()) return options.sampler.order(dataset.size(), g);
    if (options.shuffle) return permutation(dataset.size(), g);
    std::vector<int64_t> indices(static_cast<size_t>(dataset.size()));
    for (size_t i = 0; i < indices.size(); i++) indices[i] = int64_t(i);
    return indices;
  }
  int64_t batches(int64_t samples) const {
    return options.drop_last ? samples / options.batch_size : (samples + options.batch_size - 1) / options.batch_size;
  }
};

// One pass over the data set. Workers claim batches in order, at most `prefetch` ahead of the loop, and put them into a ring of slots.
struct DataLoader::Iterator::Epoch {
  struct Slot {
    Batch batch;
    std::exception_ptr error;
    bool ready = false;
  };

  Impl* loader;
  const Dataset dataset;
  const TransformList transforms;
  const uint64_t seed;
  const int64_t number, batch_size, prefetch;
  std::vector<int64_t> order;
  int64_t count, at;  // batches; the loop's
  bool taken = false;

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Slot> slots;
  int64_t claimed;
  bool stopping = false;
  std::vector<std::thread> threads;

  explicit Epoch(Impl* l)
      : loader(l),
        dataset(l->dataset),
        transforms(l->options.transforms),
        seed(uint64_t(l->state.seed)),
        number(l->state.epoch),
        batch_size(l->options.batch_size),
        prefetch(l->options.workers > 0 ? l->options.prefetch : 0),
        order(l->order(number)),
        count(l->batches(int64_t(order.size()))),
        at(l->state.batch),
        slots(static_cast<size_t>(prefetch)),
        claimed(at) {
    try {
      int64_t workers = prefetch > 0 ? std::min({l->options.workers, prefetch, count - at}) : 0;
      for (int64_t i = 0; i < workers; i++) threads.emplace_back([this] { work(); });
    } catch (...) {
      stop();
      throw;
    }
    finish_if_done();
  }
  ~Epoch() { stop(); }

  void stop() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    for (std::thread& t : threads) t.join();
    threads.clear();
  }

  void finish_if_done() {
    if (at >= count) loader->state.epoch = number + 1, loader->state.batch = 0;
  }

  Batch make(int64_t n) const {
    size_t begin = size_t(n * batch_size), end = std::min(order.size(), begin + size_t(batch_size));
    std::span<const int64_t> indices(order.data() + begin, end - begin);
    Batch batch = dataset.get(indices);
    if (!transforms.items.empty()) {
      std::vector<Generator> random;
      random.reserve(indices.size());
      for (int64_t i : indices) random.push_back(derive(seed, uint64_t(number), uint64_t(i)));
      for (const Transform& t : transforms.items) t.apply(batch, random);
    }
    return batch;
  }

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return stopping || claimed >= count || claimed < at + prefetch; });
      if (stopping || claimed >= count) return;
      int64_t n = claimed++;
      lock.unlock();
      Slot made;
      try {
        made.batch = make(n);
      } catch (...) {
        made.error = std::current_exception();
      }
      made.ready = true;
      lock.lock();
      slots[size_t(n % prefetch)] = std::move(made);
      changed.notify_all();
    }
  }

  Batch take() {
    check<StateError>(at < count && !taken, "DataLoader: a batch was taken twice, or after the end");
    taken = true;
    if (threads.empty()) {
      Batch batch = make(at);
      loader->state.batch = at + 1;
      return batch;
    }
    std::unique_lock lock(mutex);
    Slot& slot = slots[size_t(at % prefetch)];
    changed.wait(lock, [&] { return slot.ready; });
    Slot mine = std::move(slot);
    slot = {};
    lock.unlock();
    if (mine.error) std::rethrow_exception(mine.error);
    loader->state.batch = at + 1;
    return std::move(mine.batch);
  }

  void advance() {
    if (!taken) take();  // a batch that the loop did not look at
    taken = false;
    {
      std::lock_guard lock(mutex);
      at++;
    }
    changed.notify_all();
    finish_if_done();
  }
};

DataLoader::DataLoader(Dataset dataset, DataLoaderOptions options) : impl_(new Impl{std::move(dataset), std::move(options), {}, false}) {
  const DataLoaderOptions& o = impl_->options;
  check<ValueError>(impl_->dataset.size() > 0, "DataLoader: the data set is empty");
  check<ValueError>(o.batch_size > 0, "DataLoader: batch_size must be positive, not ", o.batch_size);
  check<ValueError>(o.prefetch >= 0 && o.prefetch <= 1000 && o.workers >= 0 && o.workers <= 100, "DataLoader: prefetch lies in [0, 1000] and workers in [0, 100], not ",
                    o.prefetch, " and ", o.workers);
  check<ConfigError>(!(o.shuffle && o.sampler.defined()), "DataLoader: a sampler decides the order itself; leave shuffle out");
  check<ValueError>(impl_->batches(impl_->dataset.size()) > 0 || o.sampler.defined(), "DataLoader: with drop_last and batch_size ", o.batch_size,
                    " nothing is left of ", impl_->dataset.size(), " samples");
  if (o.seed) {
    impl_->state.seed = *o.seed;
  } else if (impl_->is_random()) {
    Generator& g = default_generator();
    auto words = philox(g.seed, g.advance(2));
    impl_->state.seed = int64_t(uint64_t(words[0]) << 32 | words[1]);
  }
}
DataLoader::DataLoader(DataLoader&&) noexcept = default;
DataLoader& DataLoader::operator=(DataLoader&&) noexcept = default;
DataLoader::~DataLoader() = default;

DataLoader::Iterator DataLoader::begin() {
  // A loop that was left early is not taken up again, unless it was asked for: the next one is a new epoch.
  if (impl_->state.batch > 0 && !impl_->resumed) impl_->state.epoch++, impl_->state.batch = 0;
  impl_->resumed = false;
  return Iterator(std::make_unique<Iterator::Epoch>(impl_.get()));
}

int64_t DataLoader::size() const { return impl_->batches(impl_->options.sampler.defined() ? int64_t(impl_->order(0).size()) : impl_->dataset.size()); }
const Dataset& DataLoader::dataset() const { return impl_->dataset; }
const DataLoaderOptions& DataLoader::options() const { return impl_->options; }
LoaderState DataLoader::state() const { return impl_->state; }
void DataLoader::set_state(const LoaderState& s) {
  check<ValueError>(s.epoch >= 0 && s.batch >= 0 && s.batch <= size(), "DataLoader: there is no batch ", s.batch, " of epoch ", s.epoch, "; an epoch has ", size(),
                    " batches");
  impl_->state = s;
  impl_->resumed = true;
}

DataLoader::Iterator::Iterator(std::unique_ptr<Epoch> epoch) : epoch_(std::move(epoch)) {}
DataLoader::Iterator::Iterator(Iterator&&) noexcept = default;
DataLoader::Iterator::~Iterator() = default;
Batch DataLoader::Iterator::operator*() { return epoch_->take(); }
DataLoader::Iterator& DataLoader::Iterator::operator++() {
  epoch_->advance();
  return *this;
}
bool DataLoader::Iterator::operator!=(End) const { return epoch_->at < epoch_->count; }

}  // namespace tare::data
