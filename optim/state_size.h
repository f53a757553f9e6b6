// How much an optimizer remembers: measured, not declared.
#pragma once

#include "optim/optimizer.h"

namespace tare::optim {

/// Bytes of all state tensors: by parameter, of no parameter, and of the optimizers inside.
int64_t state_bytes(Optimizer& o);

/// Bytes of state for each number of a float32 matrix (64, 64) after three steps of an unbound optimizer like `o` on a small problem. A method that
/// keeps its state in factors takes less for larger matrices, one that collects pairs of vectors more with more steps.
double state_bytes_per_number(const Optimizer& o);

}  // namespace tare::optim
