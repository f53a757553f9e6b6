// The tasks of the experiments on methods without state: a matrix quadratic of bad condition, and a small model of characters whose hidden
// matrices are theirs.
#pragma once

#include <vector>

#include "core/data/text.h"
#include "examples/papers/training.h"
#include "optim/optimizer.h"

namespace tare::papers {

/// f(W) = 1/2 <E, A E B>, E = W - W*, W (24, 48) from 0; W* Gaussian, A and B diagonal with shuffled entries from 1e-3 to 1; turned: Q A Q^T in
/// place of A. From the default generator, in float64.
struct MatrixQuadratic {
  explicit MatrixQuadratic(bool rotated);
  /// f / f(0) after 200 steps, the rate going to 0 along a cosine, with the best of these rates, an option found at the path `rate`.
  double solve(const optim::AnyOptimizer& method, const std::vector<double>& rates, const char* rate = "lr") const;
  Tensor target, a, b;
};

/// The next of 12 characters before it: embedding of 24, 288-192-192 (residual)-V with ReLU; the text is bible()'s first 400000 characters.
struct CharacterTask {
  CharacterTask();
  /// Mean nats a character of held-out text after 300 steps of 128 samples (40 of warm-up, then a cosine), the two hidden matrices by `hidden`
  /// with the best of these rates, everything else by Adam with 0.01. The same `seed` gives the same start and batches.
  double train_hidden(const optim::AnyOptimizer& hidden, const std::vector<double>& rates, int64_t seed) const;
  data::TextDataset train_text, held_out;
};

}  // namespace tare::papers
