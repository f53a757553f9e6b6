// One usable configuration of every row of the catalogue, and a small problem to step it on: what the tests over the whole catalogue share.
#pragma once

#include <string>
#include <string_view>

#include "optim/catalogue.h"

namespace tare::optim::samples {

/// {"type": ...} with what the row cannot do without: a base, parts, patterns, a rate.
Json config(std::string_view type);
/// Whether steps move parameters: a transform only changes gradients and is wrapped in a chain with SGD by `config`.
inline bool is_transform(const Row& row) { return row.kind == Kind::transform; }

/// A matrix "w", a vector "b" and a kernel "k" with fixed values, and a loss with its minimum, 0, elsewhere.
struct Problem {
  explicit Problem(DType dtype = DType::float64, Shape matrix = {3, 4});
  ParameterList params;
  Tensors targets, weights;
  bool without_b = false;  ///< leave b out of the loss: it gets no gradient
  /// The losses of four samples: a sum of weighted squares plus a term that couples all numbers, times four factors of mean 1.
  Tensor loss() const;
  Closure closure() const {
    return [this] { return loss(); };
  }
  /// All parameters' numbers, in order.
  std::vector<double> values() const;
};

/// `n` steps with the problem's closure.
void steps(Optimizer& o, const Problem& p, int n);

}  // namespace tare::optim::samples
