// RNN, LSTM, GRU: recurrent layers over whole sequences.
//
//   RNN   h' = act(W_ih x + b_ih + W_hh h + b_hh), act tanh or relu (Elman 1990)
//   LSTM  i, f, o = sigmoid, g = tanh of W_ih x + b_ih + W_hh h + b_hh (stacked i, f, g, o);  c' = f c + i g;  h' = o tanh(c')
//         (Hochreiter and Schmidhuber 1997, with forget gates by Gers et al. 2000)
//   GRU   r, z = sigmoid;  n = tanh(W_in x + b_in + r (W_hn h + b_hn));  h' = (1 - z) n + z h  (stacked r, z, n; Cho et al. 2014)
#pragma once

#include "nn/recurrent/stack.h"

namespace tare::nn {

struct RecurrentLayerOptions {
  int64_t input_size = 0;
  int64_t hidden_size = 0;
  int64_t num_layers = 1;      ///< each layer reads the outputs of the one before
  bool bias = true;
  bool batch_first = false;    ///< (N, T, I) instead of (T, N, I)
  double dropout = 0;          ///< of the outputs between layers, in training
  bool bidirectional = false;  ///< a second set of weights runs from the end; outputs stand side by side
  void visit(Visitor& v);
};
struct RNNOptions {
  int64_t input_size = 0;
  int64_t hidden_size = 0;
  int64_t num_layers = 1;
  std::string nonlinearity = "tanh";  ///< tanh or relu
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;
  bool bidirectional = false;
  void visit(Visitor& v);
};

struct RecurrentOutput {
  Tensor output;  ///< (T, N, directions H), or (N, T, directions H)
  Tensor h_n;     ///< (layers directions, N, H)
  Tensors flatten() const;
};
struct LSTMOutput {
  Tensor output, h_n, c_n;
  Tensors flatten() const;
};

/// x (T, N, input_size), (N, T, input_size) with batch_first, or (T, input_size); h_0, c_0 (layers directions, N, H) or undefined for zeros. `arguments`
/// may give lengths. Weights: weight_ih_l0 (gates H, I), weight_hh_l0 (gates H, H), bias_ih_l0, bias_hh_l0 (gates H), ..., "_reverse".
class RNN : public Layer<RNN> {
 public:
  static constexpr std::string_view type = "RNN";
  using Options = RNNOptions;
  explicit RNN(Options options);
  RNN(int64_t input_size, int64_t hidden_size);
  RecurrentOutput forward(const Tensor& x, const Tensor& h_0 = {}, const SequenceArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;

 private:
  RecurrentStack stack_;
};

class LSTM : public Layer<LSTM> {
 public:
  static constexpr std::string_view type = "LSTM";
  using Options = RecurrentLayerOptions;
  explicit LSTM(Options options);
  LSTM(int64_t input_size, int64_t hidden_size);
  LSTMOutput forward(const Tensor& x, const Tensor& h_0 = {}, const Tensor& c_0 = {}, const SequenceArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;

 private:
  RecurrentStack stack_;
};

class GRU : public Layer<GRU> {
 public:
  static constexpr std::string_view type = "GRU";
  using Options = RecurrentLayerOptions;
  explicit GRU(Options options);
  GRU(int64_t input_size, int64_t hidden_size);
  RecurrentOutput forward(const Tensor& x, const Tensor& h_0 = {}, const SequenceArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;

 private:
  RecurrentStack stack_;
};

extern template class Layer<RNN>;
extern template class Layer<LSTM>;
extern template class Layer<GRU>;

}  // namespace tare::nn
