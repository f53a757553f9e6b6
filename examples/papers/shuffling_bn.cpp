// Linear regression on batch-normalized inputs: with one permutation for all epochs the weights go to the optimum of the distorted features, whose
// direction is off the full-batch optimum's; with a new permutation each epoch the distortion averages out to a rescaling.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::shuffling_bn {

void run(Experiment& e) {
  e.rule("the single shuffle ends within 1% of the distorted optimum and more than 10% away from the full batch's, and its direction is more than 3 "
         "times further off (1 - cosine) than that of "
         "random reshuffling, on every seed");
  e.note("regression; in the classification experiment, which is not run, the single shuffle diverges");
  constexpr int64_t n = 32, d = 4;
  DefaultDtype wide(DType::float64);
  nn::ShuffledBatches batches{.batch_size = 4, .eps = 0}, whole{.batch_size = n, .eps = 0};
  auto seeds = e.seeds(4);
  for (int64_t seed : seeds)
    for (const char* method : {"single shuffle", "random reshuffle"}) {
      e.begin(method, seed);
      Tensor x = randn({n, d}), y = sum(x, {1}) + 0.5 * randn({n}), w = zeros({d});
      y = y - mean(y);
      data::SingleShuffle single(n, uint64_t(seed));
      data::RandomReshuffle reshuffle(n, uint64_t(seed));
      bool fixed = method == std::string("single shuffle");
      for (int64_t epoch = 0; epoch < 1500; epoch++)
        w = nn::batchnorm_linear_epoch(w, x, y, from_vector(fixed ? single.next_epoch() : reshuffle.next_epoch(), {n}), 0.1 / (1 + 0.05 * double(epoch)), batches);
      Tensor full = nn::distorted_optimum(x, y, arange(n), whole), distorted = nn::distorted_optimum(x, y, from_vector(single.next_epoch(), {n}), batches);
      e.measure("1 - cosine with the full batch", 1 - (dot(w, full) / (norm(w) * norm(full))).item());
      e.measure("distance to the full batch", (norm(w - full) / norm(full)).item());
      e.measure("distance to the distorted optimum", (norm(w - distorted) / norm(distorted)).item());
    }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method, const char* metric) { return e.value(method, metric, seed); };
    e.below(text("distance to the distorted optimum, seed ", seed), of("single shuffle", "distance to the distorted optimum"), 0.01);
    e.above(text("(1 - cosine) of single / random, seed ", seed),
            of("single shuffle", "1 - cosine with the full batch") / of("random reshuffle", "1 - cosine with the full batch"), 3);
    e.above(text("distance to the full batch, seed ", seed), of("single shuffle", "distance to the full batch"), 0.1);
  }
}

}  // namespace tare::papers::shuffling_bn
