#include "nn/recurrent/recurrent.h"

namespace tare::nn {
namespace {

const RecurrentKind kTanhRnn{"RNN", 1, 1,
                             [](const Tensor& x, const Tensors& s, const RecurrentWeights& w, RecurrentOptions o) {
                               RecurrentSequence r = rnn_tanh_layer(x, s[0], w, o);
                               return Tensors{r.y, r.h_n};
                             },
                             [](const Tensor& x, const Tensors& s, const RecurrentWeights& w) { return Tensors{rnn_tanh_cell(x, s[0], w)}; }};
const RecurrentKind kReluRnn{"RNN", 1, 1,
                             [](const Tensor& x, const Tensors& s, const RecurrentWeights& w, RecurrentOptions o) {
                               RecurrentSequence r = rnn_relu_layer(x, s[0], w, o);
                               return Tensors{r.y, r.h_n};
                             },
                             [](const Tensor& x, const Tensors& s, const RecurrentWeights& w) { return Tensors{rnn_relu_cell(x, s[0], w)}; }};
const RecurrentKind kLstm{"LSTM", 4, 2,
                          [](const Tensor& x, const Tensors& s, const RecurrentWeights& w, RecurrentOptions o) {
                            LSTMSequence r = lstm_layer(x, {s[0], s[1]}, w, o);
                            return Tensors{r.y, r.h_n, r.c_n};
                          },
                          [](const Tensor& x, const Tensors& s, const RecurrentWeights& w) {
                            LSTMState r = lstm_cell(x, {s[0], s[1]}, w);
                            return Tensors{r.h, r.c};
                          }};
const RecurrentKind kGru{"GRU", 3, 1,
                         [](const Tensor& x, const Tensors& s, const RecurrentWeights& w, RecurrentOptions o) {
                           RecurrentSequence r = gru_layer(x, s[0], w, o);
                           return Tensors{r.y, r.h_n};
                         },
                         [](const Tensor& x, const Tensors& s, const RecurrentWeights& w) { return Tensors{gru_cell(x, s[0], w)}; }};

template <class O>
RecurrentStack::Form stack_form(const O& o) {
  return {o.input_size, o.hidden_size, o.num_layers, o.bias, o.batch_first, o.bidirectional, o.dropout};
}
const RecurrentKind& rnn_kind(const RNNOptions& o) {
  check<ConfigError>(o.nonlinearity == "tanh" || o.nonlinearity == "relu", "RNN: expected nonlinearity to be tanh or relu, not \"", o.nonlinearity, "\"");
  return o.nonlinearity == "tanh" ? kTanhRnn : kReluRnn;
}

}  // namespace

void RecurrentLayerOptions::visit(Visitor& v) {
  v.option("input_size", input_size);
  v.option("hidden_size", hidden_size);
  v.option("num_layers", num_layers);
  v.option("bias", bias);
  v.option("batch_first", batch_first);
  v.option("dropout", dropout);
  v.option("bidirectional", bidirectional);
}
void RNNOptions::visit(Visitor& v) {
  v.option("input_size", input_size);
  v.option("hidden_size", hidden_size);
  v.option("num_layers", num_layers);
  v.option("nonlinearity", nonlinearity);
  v.option("bias", bias);
  v.option("batch_first", batch_first);
  v.option("dropout", dropout);
  v.option("bidirectional", bidirectional);
}
Tensors RecurrentOutput::flatten() const { return {output, h_n}; }
Tensors LSTMOutput::flatten() const { return {output, h_n, c_n}; }

RNN::RNN(Options o) : options(std::move(o)), stack_(rnn_kind(options), stack_form(options)) {}
RNN::RNN(int64_t input_size, int64_t hidden_size) : RNN(Options{.input_size = input_size, .hidden_size = hidden_size}) {}
void RNN::visit(Visitor& v) { stack_.visit(v); }
RecurrentOutput RNN::forward(const Tensor& x, const Tensor& h_0, const SequenceArguments& a) {
  Tensors y = stack_.run(rnn_kind(options), stack_form(options), x, {h_0}, a, training());
  return {y[0], y[1]};
}

LSTM::LSTM(Options o) : options(o), stack_(kLstm, stack_form(options)) {}
LSTM::LSTM(int64_t input_size, int64_t hidden_size) : LSTM(Options{.input_size = input_size, .hidden_size = hidden_size}) {}
void LSTM::visit(Visitor& v) { stack_.visit(v); }
LSTMOutput LSTM::forward(const Tensor& x, const Tensor& h_0, const Tensor& c_0, const SequenceArguments& a) {
  Tensors y = stack_.run(kLstm, stack_form(options), x, {h_0, c_0}, a, training());
  return {y[0], y[1], y[2]};
}

GRU::GRU(Options o) : options(o), stack_(kGru, stack_form(options)) {}
GRU::GRU(int64_t input_size, int64_t hidden_size) : GRU(Options{.input_size = input_size, .hidden_size = hidden_size}) {}
void GRU::visit(Visitor& v) { stack_.visit(v); }
RecurrentOutput GRU::forward(const Tensor& x, const Tensor& h_0, const SequenceArguments& a) {
  Tensors y = stack_.run(kGru, stack_form(options), x, {h_0}, a, training());
  return {y[0], y[1]};
}

template class Layer<RNN>;
template class Layer<LSTM>;
template class Layer<GRU>;

}  // namespace tare::nn
