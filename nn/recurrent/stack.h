// RecurrentStack: layers and directions of a recurrent network, whatever its cell. RNN, LSTM and GRU are this with their own step.
#pragma once

#include <vector>

#include "autograd/ops/recurrent.h"
#include "nn/layer.h"

namespace tare::nn {

struct SequenceArguments {
  Tensor lengths{};  ///< int64 (N): the steps of each sequence that count. Outputs behind them are 0, and the final states are those at each
                     ///< sequence's own end (the backward direction starts there): PyTorch's packed sequences, without packing.
  void visit(Visitor& v);
};

/// What one kind of cell does. States are a list: h, or h and c.
struct RecurrentKind {
  std::string_view type;
  int gates, states;
  /// (x, states or undefined ones, weights, options) -> output, final states.
  Tensors (*sequence)(const Tensor& x, const Tensors& states, const RecurrentWeights& w, RecurrentOptions o);
  /// (x (N, I), states, weights) -> next states.
  Tensors (*step)(const Tensor& x, const Tensors& states, const RecurrentWeights& w);
};

class RecurrentStack {
 public:
  struct Form {
    int64_t input_size = 0, hidden_size = 0, num_layers = 1;
    bool bias = true, batch_first = false, bidirectional = false;
    double dropout = 0;
  };
  /// Checks the options and starts every weight with U(-1 / sqrt(hidden_size), 1 / sqrt(hidden_size)).
  RecurrentStack(const RecurrentKind& kind, const Form& form);
  /// weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, then the same with _reverse, then layer 1 ...
  void visit(Visitor& v);
  /// x (T, N, I), (N, T, I) with batch_first, or (T, I); states (layers * directions, N, H) or undefined. Returns the output and the final states.
  Tensors run(const RecurrentKind& kind, const Form& form, const Tensor& x, const Tensors& states, const SequenceArguments& arguments, bool training);

 private:
  std::vector<Parameter> slots_;  // four for each layer and direction: weight_ih, weight_hh, bias_ih, bias_hh
  int64_t directions_ = 1;
};

}  // namespace tare::nn
