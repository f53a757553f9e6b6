// The regularizer against vanishing gradients of On the difficulty of training Recurrent Neural Networks (Pascanu, Mikolov, Bengio, 2013, arXiv:1211.5063).
// With x_{k+1} = W tanh(x_k) + ..., J_k = dx_{k+1} / dx_k = W diag(1 - tanh(x_k)^2), and the row vector e_{k+1} = dE / dx_{k+1}:
//
//   Omega = sum_k (|e_{k+1} J_k| / |e_{k+1}| - 1)^2,   e J = (e W) * (1 - tanh(x)^2)
//
// x and e are constants: only the W written here is differentiated, as in the paper, so that no second derivatives are needed. Each sample's ratio counts by
// itself, averaged over the batch (ours). Terms with |e| <= 1e-12 are 0. Clip after adding the penalty's gradient.
#pragma once

#include "core/tensor.h"

namespace tare::nn {

/// w (H, H); x (K, B, H) the pre-activations x_k and e (K, B, H) the total derivatives e_{k+1} that go with them.
Tensor vanishing_gradient_penalty(const Tensor& w, const Tensor& x, const Tensor& e);

}  // namespace tare::nn
