// Checkpointing of modules: what they compute on the way is thrown away and computed again in the backward pass (autograd/checkpoint.h).
//
// The repeated run sees the module as it was at the forward pass: its options, its training flag, its running statistics, its
// parameters' tensors; so the module may be moved, changed or destroyed in between, but writing into a parameter before the backward pass
// is a GradError. Observers see the first run alone.
#pragma once

#include "nn/sequential.h"

namespace tare::nn {

/// module(x), of which the tape keeps x alone.
Tensor checkpoint(Module& module, const Tensor& x);
/// model(x) in `segments` runs of consecutive layers of nearly equal number, each checkpointed. Memory is least near the square root of the
/// number of layers. Throws ValueError unless 1 <= segments <= layers.
Tensor checkpoint_sequential(Sequential& model, int64_t segments, const Tensor& x);

}  // namespace tare::nn
