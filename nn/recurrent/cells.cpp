#include "nn/recurrent/cells.h"

#include <cmath>

#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

Tensor cell_input(std::string_view type, const Tensor& x, int64_t size) {
  check<ShapeError>((x.dim() == 1 || x.dim() == 2) && x.shape().back() == size, type, ": expected an input (N, ", size, ") or (", size, ") but it is ", x.shape());
  return x.dim() == 1 ? unsqueeze(x, 0) : x;
}
Tensor cell_state(std::string_view type, const Tensor& s, const Tensor& x, int64_t size) {
  Shape expected = x.dim() == 1 ? Shape{size} : Shape{x.shape()[0], size};
  if (!s.defined()) return zeros({x.dim() == 1 ? 1 : x.shape()[0], size}, x.dtype());
  check<ShapeError>(s.shape() == expected, type, ": expected a state of shape ", expected, " but it is ", s.shape());
  return x.dim() == 1 ? unsqueeze(s, 0) : s;
}
Tensor cell_output(const Tensor& h, const Tensor& x) { return x.dim() == 1 ? squeeze(h, {0}) : h; }

void RecurrentCellOptions::visit(Visitor& v) {
  v.option("input_size", input_size);
  v.option("hidden_size", hidden_size);
  v.option("bias", bias);
}
void RNNCellOptions::visit(Visitor& v) {
  v.option("input_size", input_size);
  v.option("hidden_size", hidden_size);
  v.option("bias", bias);
  v.option("nonlinearity", nonlinearity);
}
Tensors LSTMCellOutput::flatten() const { return {h, c}; }

CellWeights::CellWeights(std::string_view type, int gates, int64_t input_size, int64_t hidden_size, bool bias) {
  check<ConfigError>(input_size >= 1 && hidden_size >= 1, type, ": input_size and hidden_size must be at least 1, not ", input_size, " and ", hidden_size);
  double bound = 1 / std::sqrt(double(hidden_size));
  weight_ih = Parameter(init::uniform({gates * hidden_size, input_size}, -bound, bound));
  weight_hh = Parameter(init::uniform({gates * hidden_size, hidden_size}, -bound, bound));
  if (!bias) return;
  bias_ih = Parameter(init::uniform({gates * hidden_size}, -bound, bound));
  bias_hh = Parameter(init::uniform({gates * hidden_size}, -bound, bound));
}
void CellWeights::visit(Visitor& v) {
  v.parameter("weight_ih", weight_ih);
  v.parameter("weight_hh", weight_hh);
  v.parameter("bias_ih", bias_ih, Role::bias);
  v.parameter("bias_hh", bias_hh, Role::bias);
}
RecurrentWeights CellWeights::operator()() const { return {weight_ih(), weight_hh(), bias_ih(), bias_hh()}; }

RNNCell::RNNCell(Options o) : options(std::move(o)), weights(type, 1, options.input_size, options.hidden_size, options.bias) {
  check<ConfigError>(options.nonlinearity == "tanh" || options.nonlinearity == "relu", "RNNCell: expected nonlinearity to be tanh or relu, not \"", options.nonlinearity,
                     "\"");
}
void RNNCell::visit(Visitor& v) { weights.visit(v); }
Tensor RNNCell::forward(const Tensor& x, const Tensor& h) {
  Tensor in = cell_input(type, x, options.input_size), state = cell_state(type, h, x, options.hidden_size);
  return cell_output(options.nonlinearity == "tanh" ? rnn_tanh_cell(in, state, weights()) : rnn_relu_cell(in, state, weights()), x);
}

LSTMCell::LSTMCell(Options o) : options(o), weights(type, 4, o.input_size, o.hidden_size, o.bias) {}
void LSTMCell::visit(Visitor& v) { weights.visit(v); }
LSTMCellOutput LSTMCell::forward(const Tensor& x, const Tensor& h, const Tensor& c) {
  LSTMState next = lstm_cell(cell_input(type, x, options.input_size), {cell_state(type, h, x, options.hidden_size), cell_state(type, c, x, options.hidden_size)}, weights());
  return {cell_output(next.h, x), cell_output(next.c, x)};
}

GRUCell::GRUCell(Options o) : options(o), weights(type, 3, o.input_size, o.hidden_size, o.bias) {}
void GRUCell::visit(Visitor& v) { weights.visit(v); }
Tensor GRUCell::forward(const Tensor& x, const Tensor& h) {
  return cell_output(gru_cell(cell_input(type, x, options.input_size), cell_state(type, h, x, options.hidden_size), weights()), x);
}

template class Layer<RNNCell>;
template class Layer<LSTMCell>;
template class Layer<GRUCell>;

}  // namespace tare::nn
