// Recurrent layers: one step, and whole sequences of one layer and direction. Gates stand in PyTorch's order: LSTM i, f, g, o; GRU r, z, n.
#pragma once

#include "core/tensor.h"
#include "kernels/rnn.h"

namespace tare {

/// w_ih (gates H, I), w_hh (gates H, H), biases (gates H) or undefined; gates = 1 (RNN), 4 (LSTM), 3 (GRU).
struct RecurrentWeights {
  Tensor w_ih, w_hh, b_ih, b_hh;
};
using kernels::RecurrentOptions;  // batch_first, reverse

struct LSTMState {
  Tensor h, c;  ///< (B, H)
};
struct LSTMSequence {
  Tensor y;         ///< (T, B, H), or (B, T, H) with batch_first
  Tensor h_n, c_n;  ///< (B, H)
};
struct RecurrentSequence {
  Tensor y, h_n;
};

// ---- one step: x (B, I), states (B, H)

Tensor rnn_tanh_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& weights);
Tensor rnn_relu_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& weights);
LSTMState lstm_cell(const Tensor& x, const LSTMState& state, const RecurrentWeights& weights);
Tensor gru_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& weights);

// ---- sequences: x (T, B, I), or (B, T, I) with batch_first; states (B, H) or undefined (zero). A sequence of no steps is a ShapeError.

RecurrentSequence rnn_tanh_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights, RecurrentOptions options = {});
RecurrentSequence rnn_relu_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights, RecurrentOptions options = {});
LSTMSequence lstm_layer(const Tensor& x, const LSTMState& state, const RecurrentWeights& weights, RecurrentOptions options = {});
RecurrentSequence gru_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights, RecurrentOptions options = {});

}  // namespace tare
