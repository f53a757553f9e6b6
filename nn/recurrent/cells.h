// RNNCell, LSTMCell, GRUCell: one step of a recurrent layer, for loops of one's own. Equations as in recurrent.h.
#pragma once

#include "autograd/ops/recurrent.h"
#include "nn/layer.h"

namespace tare::nn {

struct RecurrentCellOptions {
  int64_t input_size = 0;
  int64_t hidden_size = 0;
  bool bias = true;
  void visit(Visitor& v);
};
struct RNNCellOptions {
  int64_t input_size = 0;
  int64_t hidden_size = 0;
  bool bias = true;
  std::string nonlinearity = "tanh";  ///< tanh or relu
  void visit(Visitor& v);
};
struct LSTMCellOutput {
  Tensor h, c;
  Tensors flatten() const;
};

/// x as (N, size) and a state as (N, size) (zeros when undefined), with a leading 1 where x is one sample without a batch; and a result as x came. Throw
/// ShapeError naming `type`.
Tensor cell_input(std::string_view type, const Tensor& x, int64_t size);
Tensor cell_state(std::string_view type, const Tensor& s, const Tensor& x, int64_t size);
Tensor cell_output(const Tensor& h, const Tensor& x);

/// The four weights of a cell: weight_ih (gates H, I), weight_hh (gates H, H), bias_ih, bias_hh (gates H), from U(-1 / sqrt(H), 1 / sqrt(H)).
struct CellWeights {
  Parameter weight_ih, weight_hh, bias_ih, bias_hh;
  CellWeights(std::string_view type, int gates, int64_t input_size, int64_t hidden_size, bool bias);
  void visit(Visitor& v);
  RecurrentWeights operator()() const;
};

/// x (N, I) or (I), states (N, H) or (H), zeros when undefined -> next h (N, H) or (H); LSTMCell: next h and c.
class RNNCell : public Layer<RNNCell> {
 public:
  static constexpr std::string_view type = "RNNCell";
  using Options = RNNCellOptions;
  explicit RNNCell(Options options);
  Tensor forward(const Tensor& x, const Tensor& h = {});
  void visit(Visitor& v) override;

  Options options;
  CellWeights weights;
};

class LSTMCell : public Layer<LSTMCell> {
 public:
  static constexpr std::string_view type = "LSTMCell";
  using Options = RecurrentCellOptions;
  explicit LSTMCell(Options options);
  LSTMCellOutput forward(const Tensor& x, const Tensor& h = {}, const Tensor& c = {});
  void visit(Visitor& v) override;

  Options options;
  CellWeights weights;
};

class GRUCell : public Layer<GRUCell> {
 public:
  static constexpr std::string_view type = "GRUCell";
  using Options = RecurrentCellOptions;
  explicit GRUCell(Options options);
  Tensor forward(const Tensor& x, const Tensor& h = {});
  void visit(Visitor& v) override;

  Options options;
  CellWeights weights;
};

extern template class Layer<RNNCell>;
extern template class Layer<LSTMCell>;
extern template class Layer<GRUCell>;

}  // namespace tare::nn
