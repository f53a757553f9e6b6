// checkpoint: memory for time. What a function computes on the way is thrown away after the forward pass and computed again when the
// backward pass needs it (Chen, Xu, Zhang, Guestrin 2016, arXiv:1604.06174).
#pragma once

#include <functional>

#include "core/context.h"
#include "core/tensor.h"

namespace tare {

/// A forward pass is repeated: random numbers are those of the first one, running statistics stay.
struct Replay : ContextScope {
  explicit Replay(Generator& rewound) {
    context().replay = context().frozen_statistics = true;
    context().generator = &rewound;
  }
};

/// f(inputs), recorded as one operation that keeps the inputs alone. Its backward runs f again under Replay and differentiates that run.
/// Tensors on the tape that f uses without being handed them (parameters it captured) are found and get their gradients too. f must do
/// the same each time: its tensors, its flags and what it captured may not change before the backward pass, and it is kept until
/// then. Higher derivatives follow.
Tensors checkpoint(const std::function<Tensors(const Tensors&)>& f, const Tensors& inputs);
Tensor checkpoint(const std::function<Tensor(const Tensor&)>& f, const Tensor& input);

}  // namespace tare
