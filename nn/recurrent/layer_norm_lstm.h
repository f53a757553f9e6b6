// LSTM with layer normalization: Layer Normalization (Ba, Kiros and Hinton, 2016, arXiv:1607.06450), supplementary equations.
//
//     z = LN(W_ih x; ln_ih) + LN(W_hh h; ln_hh) + bias, cut into i, f, g, o (PyTorch's order; each LN is over all 4 H numbers, not gate by gate)
//     c' = sigmoid(f) c + sigmoid(i) tanh(g);   h' = sigmoid(o) tanh(LN(c'; ln_c))
//
// c' is carried on as it is, not normalised. Statistics are those of one sample at one step, and gradients flow through them. The authors' own code orders the
// gates i, f, o, g and adds its bias inside the input's normalization as well.
#pragma once

#include "nn/norm/layer_norm.h"
#include "nn/recurrent/cells.h"
#include "nn/recurrent/recurrent.h"

namespace tare::nn {

struct LayerNormLSTMCellOptions {
  int64_t input_size = 0;
  int64_t hidden_size = 0;
  double eps = 1e-5;  ///< of the three normalizations, inside the root
  void visit(Visitor& v);
};

/// x (N, I) or (I), h and c (N, H) or (H), zeros when undefined -> next h and c. weight_ih (4 H, I), weight_hh (4 H, H), bias (4 H), from
/// U(-1 / sqrt(H), 1 / sqrt(H)); children ln_ih, ln_hh (4 H), ln_c (H).
class LayerNormLSTMCell : public Layer<LayerNormLSTMCell> {
 public:
  static constexpr std::string_view type = "LayerNormLSTMCell";
  using Options = LayerNormLSTMCellOptions;
  explicit LayerNormLSTMCell(Options options);
  LayerNormLSTMCell(int64_t input_size, int64_t hidden_size);
  LSTMCellOutput forward(const Tensor& x, const Tensor& h = {}, const Tensor& c = {});
  void visit(Visitor& v) override;

  /// What the input adds to the gates, for any leading axes: all steps of a sequence at once.
  Tensor from_input(const Tensor& x);
  /// One step from that, (N, 4 H), and the states (N, H).
  LSTMCellOutput step(const Tensor& input_gates, const Tensor& h, const Tensor& c);

  Options options;
  Parameter weight_ih, weight_hh, bias;
  LayerNorm ln_ih, ln_hh, ln_c;
};

struct LayerNormLSTMOptions {
  int64_t input_size = 0;
  int64_t hidden_size = 0;
  int64_t num_layers = 1;    ///< each layer reads the outputs of the one before
  bool batch_first = false;  ///< (N, T, I) instead of (T, N, I)
  double eps = 1e-5;
  void visit(Visitor& v);
};

/// x (T, N, I), or (N, T, I) with batch_first; h_0, c_0 (layers, N, H), zeros when undefined -> output (T, N, H), or (N, T, H), h_n and c_n (layers, N, H).
/// Children "0", "1", ...: one LayerNormLSTMCell a layer.
class LayerNormLSTM : public Layer<LayerNormLSTM> {
 public:
  static constexpr std::string_view type = "LayerNormLSTM";
  using Options = LayerNormLSTMOptions;
  explicit LayerNormLSTM(Options options);
  LayerNormLSTM(int64_t input_size, int64_t hidden_size);
  LSTMOutput forward(const Tensor& x, const Tensor& h_0 = {}, const Tensor& c_0 = {});
  void visit(Visitor& v) override;

  Options options;
  std::vector<LayerNormLSTMCell> cells;
};

extern template class Layer<LayerNormLSTMCell>;
extern template class Layer<LayerNormLSTM>;

}  // namespace tare::nn
