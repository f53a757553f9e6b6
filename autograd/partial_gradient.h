// For operations and transforms that differentiate a piece of tape of their own (checkpoint, jvp, fused).
#pragma once

#include "core/tensor.h"

namespace tare {

/// The same numbers as a tensor of its own on the tape, one step after x: an input that can be differentiated in apart from x.
Tensor rename(const Tensor& x);

/// The gradients of `inputs` in sum_i <grad_outputs[i], outputs[i]> when the inputs are taken as independent of each other: nothing that
/// lies before an input is played or freed, and what reaches an input through another one does not count. Undefined where there is none.
Tensors partial_gradient(const Tensors& outputs, const Tensors& inputs, const Tensors& grad_outputs, bool create_graph);

}  // namespace tare
