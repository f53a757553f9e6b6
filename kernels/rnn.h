// LSTM and GRU: fused gates, single cells and whole sequences, forward and backward.
//
// Gates follow PyTorch: LSTM stacks i, f, g, o; GRU stacks r, z, n with b_hn inside r * (...):
//   LSTM  i, f, o = sigmoid, g = tanh of (x W_ih^T + b_ih + h W_hh^T + b_hh);  c' = f c + i g;  h' = o tanh(c')
//   GRU   r, z = sigmoid(x W^T + b_ih + h W_hh^T + b_hh);  n = tanh(x W_in^T + b_in + r (h W_hn^T + b_hn));  h' = (1 - z) n + z h
#pragma once

#include "core/tensor.h"
#include "kernels/distinct_rows.h"

namespace tare::kernels {

// ---- one step, from pre-activations

struct LstmCellResult {
  Tensor h, c;   ///< (B, H)
  Tensor gates;  ///< (B, 4H) after their activations: saved for backward
};
struct LstmCellGrads {
  Tensor dpre;  ///< (B, 4H)
  Tensor dc;    ///< (B, H): of the cell that came in
};
/// pre (B, 4H): x W_ih^T + h W_hh^T + biases; c (B, H).
LstmCellResult lstm_cell(const Tensor& pre, const Tensor& c);
/// dh, dc (B, H) may be undefined (zero).
LstmCellGrads lstm_cell_backward(const Tensor& dh, const Tensor& dc, const Tensor& c, const LstmCellResult& saved);

struct GruCellResult {
  Tensor h;      ///< (B, H)
  Tensor gates;  ///< (B, 3H): r, z, n
};
struct GruCellGrads {
  Tensor dpre_x, dpre_h;  ///< (B, 3H)
  Tensor dh;              ///< (B, H): the direct path z * h only; the path through W_hh comes from dpre_h
};
/// pre_x = x W_ih^T + b_ih, pre_h = h W_hh^T + b_hh (B, 3H); h (B, H).
GruCellResult gru_cell(const Tensor& pre_x, const Tensor& pre_h, const Tensor& h);
GruCellGrads gru_cell_backward(const Tensor& dh_new, const Tensor& pre_h, const Tensor& h, const GruCellResult& saved);

// ---- whole sequences of one layer and direction

struct RecurrentOptions {
  bool batch_first = false;  ///< x and y are (B, T, ...) instead of (T, B, ...)
  bool reverse = false;      ///< from the last step to the first
};

/// w_ih (4H, I), w_hh (4H, H); biases (4H), h0 and c0 (B, H) may be undefined (zero).
struct LstmResult {
  Tensor y;             ///< (T, B, H) or (B, T, H)
  Tensor h_n, c_n;      ///< (B, H)
  Tensor gates, cells;  ///< saved for backward: (.., 4H) after their activations, (.., H)
  DistinctRows inputs;  ///< of x, where its rows repeat: likewise
};
LstmResult lstm_forward(const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih,
                        const Tensor& b_hh, RecurrentOptions options);

struct LstmGrads {
  Tensor dx, dh0, dc0, dw_ih, dw_hh;
  Tensor db;  ///< of b_ih and of b_hh alike
};
/// dy, dh_n, dc_n may be undefined (zero). Without needs_dx the input's gradient stays undefined.
LstmGrads lstm_backward(const Tensor& dy, const Tensor& dh_n, const Tensor& dc_n, const Tensor& x, const Tensor& h0, const Tensor& c0,
                        const Tensor& w_ih, const Tensor& w_hh, const LstmResult& saved, RecurrentOptions options, bool needs_dx = true);

/// w_ih (3H, I), w_hh (3H, H); biases (3H) and h0 may be undefined.
struct GruResult {
  Tensor y;                ///< (T, B, H) or (B, T, H)
  Tensor h_n;              ///< (B, H)
  Tensor gates, hidden_n;  ///< saved for backward: (.., 3H) r, z, n; (.., H): h W_hn^T + b_hn
  DistinctRows inputs;     ///< of x, where its rows repeat: likewise
};
GruResult gru_forward(const Tensor& x, const Tensor& h0, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh,
                      RecurrentOptions options);

struct GruGrads {
  Tensor dx, dh0, dw_ih, dw_hh, db_ih, db_hh;
};
GruGrads gru_backward(const Tensor& dy, const Tensor& dh_n, const Tensor& x, const Tensor& h0, const Tensor& w_ih, const Tensor& w_hh,
                      const GruResult& saved, RecurrentOptions options, bool needs_dx = true);

}  // namespace tare::kernels
