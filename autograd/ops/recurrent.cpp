// LSTM and GRU sequences are one fused operation each, forward and backward, whose definition is the cell step by step. A simple RNN is that
// loop: one product for the inputs of all steps, then one small product a step.
#include "autograd/ops/recurrent.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"

namespace tare {
namespace {

void check_recurrent(const char* what, const Tensor& x, int64_t gates, const RecurrentWeights& w, int rank) {
  check<ShapeError>(w.w_ih.dim() == 2 && w.w_hh.dim() == 2 && w.w_hh.shape()[0] == gates * w.w_hh.shape()[1] && w.w_ih.shape()[0] == w.w_hh.shape()[0], what,
                    ": expected weights (", gates, " H, I) and (", gates, " H, H) but they are ", w.w_ih.shape(), " and ", w.w_hh.shape());
  for (const Tensor* b : {&w.b_ih, &w.b_hh})
    check<ShapeError>(!b->defined() || b->shape() == Shape{w.w_hh.shape()[0]}, what, ": expected biases of ", w.w_hh.shape()[0], " numbers but one is ",
                      b->defined() ? b->shape() : Shape{});
  check<ShapeError>(x.dim() == rank && x.shape().back() == w.w_ih.shape()[1], what, ": expected an input of ", rank, " axes, the last of size ", w.w_ih.shape()[1],
                    ", but it is ", x.shape());
}
void check_recurrent_state(const char* what, const Tensor& state, int64_t batch, int64_t size) {
  check<ShapeError>(!state.defined() || state.shape() == Shape{batch, size}, what, ": expected a state of shape ", Shape{batch, size}, " but it is ",
                    state.defined() ? state.shape() : Shape{});
}
void check_sequence(const char* what, const Tensor& x, int64_t gates, const RecurrentWeights& w, RecurrentOptions o) {
  check_recurrent(what, x, gates, w, 3);
  check<ShapeError>(x.shape()[o.batch_first ? 1 : 0] >= 1, what, ": expected sequences of at least one step but the input is ", x.shape());
}

// ---- gates from pre-activations: fused, with their equations as definition

LSTMState lstm_gates(const Tensor& pre, const Tensor& c) {
  kernels::LstmCellResult r = kernels::lstm_cell(pre, c);
  Tensors out = fused(
      "lstm_cell", {r.h, r.c}, {pre, c},
      [gates = r.gates](const Tensors& grads, const Tensors& in, const Tensors& out, Needs) {
        kernels::LstmCellGrads g = kernels::lstm_cell_backward(grads[0], grads[1], in[1], {out[0], out[1], gates});
        return Tensors{g.dpre, g.dc};
      },
      [](const Tensors& in) {
        Tensors gate = chunk(in[0], 4, 1);
        Tensor c = sigmoid(gate[1]) * in[1] + sigmoid(gate[0]) * tanh(gate[2]);
        return Tensors{sigmoid(gate[3]) * tanh(c), c};
      });
  return {out[0], out[1]};
}

Tensor gru_gates(const Tensor& pre_x, const Tensor& pre_h, const Tensor& h) {
  kernels::GruCellResult r = kernels::gru_cell(pre_x, pre_h, h);
  return fused(
      "gru_cell", r.h, {pre_x, pre_h, h},
      [gates = r.gates](const Tensors& grads, const Tensors& in, const Tensors& out, Needs) {
        kernels::GruCellGrads g = kernels::gru_cell_backward(grads[0], in[1], in[2], {out[0], gates});
        return Tensors{g.dpre_x, g.dpre_h, g.dh};
      },
      [](const Tensors& in) {
        Tensors a = chunk(in[0], 3, 1), b = chunk(in[1], 3, 1);
        Tensor r = sigmoid(a[0] + b[0]), z = sigmoid(a[1] + b[1]), n = tanh(a[2] + r * b[2]);
        return Tensors{(1.0 - z) * n + z * in[2]};
      });
}

// ---- sequences step by step

// Calls step(t) in the order of time, and stacks what it returns as output of step t.
template <class F>
Tensor each_step(int64_t steps, RecurrentOptions o, F step) {
  Tensors y(static_cast<size_t>(steps));
  for (int64_t i = 0; i < steps; i++) {
    int64_t t = o.reverse ? steps - 1 - i : i;
    y[size_t(t)] = step(t);
  }
  return stack(y, o.batch_first ? 1 : 0);
}

Tensor zero_state(const Tensor& x, RecurrentOptions o, int64_t size) { return zeros({x.shape()[o.batch_first ? 0 : 1], size}, x.dtype()); }

template <class Act>
RecurrentSequence rnn_steps(const char* what, const Tensor& x, const Tensor& h0, const RecurrentWeights& w, RecurrentOptions o, Act act) {
  check_sequence(what, x, 1, w, o);
  int64_t size = w.w_hh.shape()[1];
  check_recurrent_state(what, h0, x.shape()[o.batch_first ? 0 : 1], size);
  Tensor pre = linear(x, w.w_ih, w.b_ih), h = h0.defined() ? h0 : zero_state(x, o, size);
  int time = o.batch_first ? 1 : 0;
  Tensor y = each_step(x.shape()[time], o, [&](int64_t t) { return h = act(select(pre, time, t) + linear(h, w.w_hh, w.b_hh)); });
  return {y, h};
}

Tensors lstm_definition(const Tensors& in, RecurrentOptions o) {
  int time = o.batch_first ? 1 : 0;
  int64_t size = in[4].shape()[1];
  Tensor h = in[1].defined() ? in[1] : zero_state(in[0], o, size), c = in[2].defined() ? in[2] : zero_state(in[0], o, size);
  Tensor pre = linear(in[0], in[3], in[5]);
  Tensor y = each_step(in[0].shape()[time], o, [&](int64_t t) {
    LSTMState next = lstm_gates(select(pre, time, t) + linear(h, in[4], in[6]), c);
    c = next.c;
    return h = next.h;
  });
  return {y, h, c};
}

Tensors gru_definition(const Tensors& in, RecurrentOptions o) {
  int time = o.batch_first ? 1 : 0;
  Tensor h = in[1].defined() ? in[1] : zero_state(in[0], o, in[3].shape()[1]);
  Tensor pre = linear(in[0], in[2], in[4]);
  Tensor y = each_step(in[0].shape()[time], o, [&](int64_t t) { return h = gru_gates(select(pre, time, t), linear(h, in[3], in[5]), h); });
  return {y, h};
}

}  // namespace

Tensor rnn_tanh_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& w) {
  check_recurrent("rnn_tanh_cell", x, 1, w, 2);
  return tanh(linear(x, w.w_ih, w.b_ih) + linear(h, w.w_hh, w.b_hh));
}
Tensor rnn_relu_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& w) {
  check_recurrent("rnn_relu_cell", x, 1, w, 2);
  return relu(linear(x, w.w_ih, w.b_ih) + linear(h, w.w_hh, w.b_hh));
}
LSTMState lstm_cell(const Tensor& x, const LSTMState& state, const RecurrentWeights& w) {
  check_recurrent("lstm_cell", x, 4, w, 2);
  check_recurrent_state("lstm_cell", state.h, x.shape()[0], w.w_hh.shape()[1]);
  check_recurrent_state("lstm_cell", state.c, x.shape()[0], w.w_hh.shape()[1]);
  return lstm_gates(linear(x, w.w_ih, w.b_ih) + linear(state.h, w.w_hh, w.b_hh), state.c);
}
Tensor gru_cell(const Tensor& x, const Tensor& h, const RecurrentWeights& w) {
  check_recurrent("gru_cell", x, 3, w, 2);
  check_recurrent_state("gru_cell", h, x.shape()[0], w.w_hh.shape()[1]);
  return gru_gates(linear(x, w.w_ih, w.b_ih), linear(h, w.w_hh, w.b_hh), h);
}

RecurrentSequence rnn_tanh_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& w, RecurrentOptions o) {
  return rnn_steps("rnn_tanh_layer", x, h0, w, o, [](const Tensor& v) { return tanh(v); });
}
RecurrentSequence rnn_relu_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& w, RecurrentOptions o) {
  return rnn_steps("rnn_relu_layer", x, h0, w, o, [](const Tensor& v) { return relu(v); });
}

LSTMSequence lstm_layer(const Tensor& x, const LSTMState& state, const RecurrentWeights& w, RecurrentOptions o) {
  check_sequence("lstm_layer", x, 4, w, o);
  for (const Tensor* s : {&state.h, &state.c}) check_recurrent_state("lstm_layer", *s, x.shape()[o.batch_first ? 0 : 1], w.w_hh.shape()[1]);
  Tensors in{x, state.h, state.c, w.w_ih, w.w_hh, w.b_ih, w.b_hh};
  if (x.shape()[o.batch_first ? 0 : 1] == 0) {  // nothing to gain from the kernel
    Tensors out = lstm_definition(in, o);
    return {out[0], out[1], out[2]};
  }
  kernels::LstmResult r = kernels::lstm_forward(x, state.h, state.c, w.w_ih, w.w_hh, w.b_ih, w.b_hh, o);
  Tensors out = fused(
      "lstm", {r.y, r.h_n, r.c_n}, in,
      [o, gates = r.gates, cells = r.cells, inputs = r.inputs](const Tensors& grads, const Tensors& in, const Tensors& out, Needs needs) {
        kernels::LstmGrads g = kernels::lstm_backward(grads[0], grads[1], grads[2], in[0], in[1], in[2], in[3], in[4],
                                                      {out[0], out[1], out[2], gates, cells, inputs}, o, needs[0]);
        return Tensors{g.dx, g.dh0, g.dc0, g.dw_ih, g.dw_hh, g.db, g.db};
      },
      [o](const Tensors& in) { return lstm_definition(in, o); });
  return {out[0], out[1], out[2]};
}

RecurrentSequence gru_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& w, RecurrentOptions o) {
  check_sequence("gru_layer", x, 3, w, o);
  check_recurrent_state("gru_layer", h0, x.shape()[o.batch_first ? 0 : 1], w.w_hh.shape()[1]);
  Tensors in{x, h0, w.w_ih, w.w_hh, w.b_ih, w.b_hh};
  if (x.shape()[o.batch_first ? 0 : 1] == 0) {
    Tensors out = gru_definition(in, o);
    return {out[0], out[1]};
  }
  kernels::GruResult r = kernels::gru_forward(x, h0, w.w_ih, w.w_hh, w.b_ih, w.b_hh, o);
  Tensors out = fused(
      "gru", {r.y, r.h_n}, in,
      [o, gates = r.gates, hidden = r.hidden_n, inputs = r.inputs](const Tensors& grads, const Tensors& in, const Tensors& out, Needs needs) {
        kernels::GruGrads g =
            kernels::gru_backward(grads[0], grads[1], in[0], in[1], in[2], in[3], {out[0], out[1], gates, hidden, inputs}, o, needs[0]);
        return Tensors{g.dx, g.dh0, g.dw_ih, g.dw_hh, g.db_ih, g.db_hh};
      },
      [o](const Tensors& in) { return gru_definition(in, o); });
  return {out[0], out[1]};
}

}  // namespace tare
