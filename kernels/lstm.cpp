// A sequence costs one large GEMM for the inputs of all steps (rnn_input.h); then groups of batch elements go through the steps, each step a small
// product with W_hh, which was packed once, and one fused pass over the gates while they are in L1. Backward runs the same way; the
// gradients of the weights and of the input are again one large GEMM each over all steps. All in all 8 H (I + H) flops forward a step and
// batch element, twice that backward: bound by the GEMM rate.
#include <algorithm>
#include <cstring>

#include "core/cpu.h"
#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/dense.h"
#include "kernels/gemm.h"
#include "kernels/panels.h"
#include "kernels/rnn.h"
#include "kernels/rnn_input.h"
#include "kernels/rnn_layout.h"
#include "kernels/simd_math.h"

namespace tare::kernels {
namespace {

constexpr int64_t kLstmGrain = 2048;  // hidden units a piece: about five vector functions each

// One batch element: gates (4H) from pre-activations to activations in place; c_new, h (H) from c (null: zeros).
template <class T>
void lstm_row(T* gates, const T* c, T* c_new, T* h, int64_t n) {
  T *i = gates, *f = gates + n, *g = gates + 2 * n, *o = gates + 3 * n;
  vsigmoid(i, i, 2 * n);
  vtanh(g, g, n);
  vsigmoid(o, o, n);
  if (c)
    for (int64_t j = 0; j < n; j++) c_new[j] = f[j] * c[j] + i[j] * g[j];
  else
    for (int64_t j = 0; j < n; j++) c_new[j] = i[j] * g[j];
  vtanh(c_new, h, n);
  for (int64_t j = 0; j < n; j++) h[j] *= o[j];
}

// With t = tanh c':  do = dh t, dc' += dh o (1 - t^2), di = dc' g, df = dc' c, dg = dc' i, dc = dc' f; then through the
// activations: sigmoid' = s (1 - s), tanh' = 1 - t^2. dc is replaced. `c` is a row of zeros where
// there was no cell.
template <class T>
[[gnu::always_inline]] inline void lstm_gate_gradients(const T* __restrict gates, const T* __restrict c, const T* __restrict tanh_c,
                                                       const T* __restrict dh, T* __restrict dc, T* __restrict dpre, int64_t n) {
  for (int64_t j = 0; j < n; j++) {
    T i = gates[j], f = gates[n + j], g = gates[2 * n + j], o = gates[3 * n + j], t = tanh_c[j];
    T d = dc[j] + dh[j] * o * (1 - t * t);
    dpre[j] = d * g * i * (1 - i);
    dpre[n + j] = d * c[j] * f * (1 - f);
    dpre[2 * n + j] = d * i * (1 - g * g);
    dpre[3 * n + j] = dh[j] * t * o * (1 - o);
    dc[j] = d * f;
  }
}
template <class T>
TARE_WIDE void wide_lstm_gate_gradients(const T* gates, const T* c, const T* tanh_c, const T* dh, T* dc, T* dpre, int64_t n) {
  lstm_gate_gradients(gates, c, tanh_c, dh, dc, dpre, n);
}

// `scratch` holds n numbers.
template <class T>
void lstm_row_backward(const T* gates, const T* c, const T* c_new, const T* dh, T* dc, T* dpre, T* scratch, int64_t n) {
  vtanh(c_new, scratch, n);
  if (has_wide_vectors()) wide_lstm_gate_gradients(gates, c, scratch, dh, dc, dpre, n);
  else lstm_gate_gradients(gates, c, scratch, dh, dc, dpre, n);
}

template <class T>
void add_to(T* __restrict y, const T* __restrict x, int64_t n) {
  for (int64_t j = 0; j < n; j++) y[j] += x[j];
}

// b_ih + b_hh, either of which may be missing.
Tensor sum_of_biases(const Tensor& b_ih, const Tensor& b_hh, int64_t n, DType dtype) {
  Tensor sum = zeros_raw({n}, dtype);
  dispatch_floating("lstm", dtype, [&]<class T>() {
    for (const Tensor& b : {dense_or_undefined(b_ih), dense_or_undefined(b_hh)})
      if (b.defined()) add_to(sum.mutable_data<T>(), b.data<T>(), n);
  });
  return sum;
}

// All steps of the batch elements [begin, end). gates holds x W_ih^T + biases, or gets them step by step, and becomes the activations.
template <class T>
struct LstmSteps {
  const SequenceLayout& l;
  int64_t n;
  T *y, *cells, *gates;
  const Tensor &h0, &c0;

  void forward(const InputGates& input, const T* w_hh, int64_t begin, int64_t end) const {
    for (int64_t k = 0; k < l.steps; k++) {
      StateRows<T> h = state_before<T>(l, k, y, h0, n), c = state_before<T>(l, k, cells, c0, n);
      int64_t at = l.first(l.time(k));
      for (int64_t b = begin; b < end; b++) input.bring(at + b * l.apart, 4 * n, gates);
      if (h.data)
        multiply_panels(end - begin, 4 * n, n, h.row(begin), h.stride, 1, w_hh, n, gates + (at + begin * l.apart) * 4 * n, l.apart * 4 * n, true);
      for (int64_t b = begin; b < end; b++) {
        int64_t row = at + b * l.apart;
        lstm_row(gates + row * 4 * n, c.row(b), cells + row * n, y + row * n, n);
      }
    }
  }

  // dh and dc (rows n apart) come in as the gradients of the last state and leave as those of the first.
  void backward(const T* w_hh, const T* dy, int64_t begin, int64_t end, T* dh, T* dc, T* dpre, T* db) const {
    Tensor scratch = empty({n}, dtype_of<T>::value), zeros = zeros_raw({n}, dtype_of<T>::value);
    for (int64_t k = l.steps - 1; k >= 0; k--) {
      StateRows<T> c = state_before<T>(l, k, cells, c0, n);
      int64_t at = l.first(l.time(k));
      for (int64_t b = begin; b < end; b++) {
        int64_t row = at + b * l.apart;
        T *dh_row = dh + (b - begin) * n, *d = dpre + row * 4 * n;
        if (dy) add_to(dh_row, dy + row * n, n);
        lstm_row_backward(gates + row * 4 * n, c.data ? c.row(b) : zeros.data<T>(), cells + row * n, dh_row, dc + (b - begin) * n, d,
                          scratch.mutable_data<T>(), n);
        add_to(db, d, 4 * n);
      }
      multiply_panels(end - begin, n, 4 * n, dpre + (at + begin * l.apart) * 4 * n, l.apart * 4 * n, 1, w_hh, 4 * n, dh, n, false);
    }
  }
};

}  // namespace

LstmCellResult lstm_cell(const Tensor& pre, const Tensor& cell) {
  check<ShapeError>(cell.dim() == 2 && pre.shape() == Shape{cell.shape()[0], 4 * cell.shape()[1]},
                    "lstm_cell: expected pre-activations [B, 4H] and a cell [B, H] but they are ", pre.shape(), " and ", cell.shape());
  Tensor x = dense(pre), c = dense(cell);
  LstmCellResult r{empty(c.shape(), c.dtype()), empty(c.shape(), c.dtype()), empty(x.shape(), x.dtype())};
  int64_t batch = c.shape()[0], n = c.shape()[1];
  dispatch_floating("lstm_cell", x.dtype(), [&]<class T>() {
    parallel_for(batch, kLstmGrain / std::max<int64_t>(n, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; b++) {
        T* gates = r.gates.mutable_data<T>() + b * 4 * n;
        std::memcpy(gates, x.data<T>() + b * 4 * n, size_t(4 * n) * sizeof(T));
        lstm_row(gates, c.data<T>() + b * n, r.c.mutable_data<T>() + b * n, r.h.mutable_data<T>() + b * n, n);
      }
    });
  });
  return r;
}

LstmCellGrads lstm_cell_backward(const Tensor& dh, const Tensor& dc, const Tensor& cell, const LstmCellResult& saved) {
  Tensor c = dense(cell), gates = dense(saved.gates), c_new = dense(saved.c), grad_h = dense_or_undefined(dh), grad_c = dense_or_undefined(dc);
  check_optional("lstm_cell_backward", "dh", dh, c.shape(), c.dtype());
  check_optional("lstm_cell_backward", "dc", dc, c.shape(), c.dtype());
  LstmCellGrads r{empty(gates.shape(), c.dtype()), zeros_raw(c.shape(), c.dtype())};
  Tensor scratch = empty(c.shape(), c.dtype()), zeros = grad_h.defined() ? grad_h : zeros_raw(c.shape(), c.dtype());
  int64_t batch = c.shape()[0], n = c.shape()[1];
  dispatch_floating("lstm_cell", c.dtype(), [&]<class T>() {
    parallel_for(batch, kLstmGrain / std::max<int64_t>(n, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; b++) {
        T* d = r.dc.mutable_data<T>() + b * n;
        if (grad_c.defined()) std::memcpy(d, grad_c.data<T>() + b * n, size_t(n) * sizeof(T));
        lstm_row_backward(gates.data<T>() + b * 4 * n, c.data<T>() + b * n, c_new.data<T>() + b * n, zeros.data<T>() + b * n, d,
                          r.dpre.mutable_data<T>() + b * 4 * n, scratch.mutable_data<T>() + b * n, n);
      }
    });
  });
  return r;
}

LstmResult lstm_forward(const Tensor& input, const Tensor& h0, const Tensor& c0, const Tensor& weight_ih, const Tensor& weight_hh,
                        const Tensor& b_ih, const Tensor& b_hh, RecurrentOptions options) {
  SequenceLayout l = sequence_layout("lstm", 4, input, weight_ih, weight_hh, options);
  int64_t n = weight_hh.shape()[1], size = input.shape()[2];
  DType t = input.dtype();
  check_optional("lstm", "h0", h0, {l.batch, n}, t);
  check_optional("lstm", "c0", c0, {l.batch, n}, t);
  check_optional("lstm", "b_ih", b_ih, {4 * n}, t);
  check_optional("lstm", "b_hh", b_hh, {4 * n}, t);
  Tensor x = dense(input), w_ih = dense(weight_ih), w_hh = dense(weight_hh), h_0 = dense_or_undefined(h0), c_0 = dense_or_undefined(c0);
  Tensor bias = sum_of_biases(b_ih, b_hh, 4 * n, t), packed = empty({n * whole_panels<float>(4 * n)}, t);
  LstmResult r{empty(l.shape(n), t), {}, {}, empty(l.shape(4 * n), t), empty(l.shape(n), t), {}};
  InputGates from_input = input_gates(x, w_ih, bias, r.gates);
  dispatch_floating("lstm", t, [&]<class T>() {
    pack_transposed_panels(w_hh.data<T>(), n, n, 4 * n, packed.mutable_data<T>());
    LstmSteps<T> steps{l, n, r.y.mutable_data<T>(), r.cells.mutable_data<T>(), r.gates.mutable_data<T>(), h_0, c_0};
    parallel_for(l.batch, RecurrentPieces(l.batch).rows,
                 [&](int64_t begin, int64_t end) { steps.forward(from_input, packed.data<T>(), begin, end); });
  });
  r.inputs = from_input.rows;
  count_work(8 * l.rows() * n * (size + n), bytes_of(x, w_ih, w_hh, r.y, r.cells, r.gates));
  r.h_n = last_state(l, r.y);
  r.c_n = last_state(l, r.cells);
  return r;
}

LstmGrads lstm_backward(const Tensor& grad_y, const Tensor& dh_n, const Tensor& dc_n, const Tensor& input, const Tensor& h0, const Tensor& c0,
                        const Tensor& weight_ih, const Tensor& weight_hh, const LstmResult& saved, RecurrentOptions options, bool needs_dx) {
  SequenceLayout l = sequence_layout("lstm_backward", 4, input, weight_ih, weight_hh, options);
  int64_t n = weight_hh.shape()[1], size = input.shape()[2];
  DType t = input.dtype();
  check_optional("lstm_backward", "dy", grad_y, l.shape(n), t);
  check_optional("lstm_backward", "dh_n", dh_n, {l.batch, n}, t);
  check_optional("lstm_backward", "dc_n", dc_n, {l.batch, n}, t);
  Tensor x = dense(input), w_ih = dense(weight_ih), w_hh = dense(weight_hh), dy = dense_or_undefined(grad_y);
  Tensor h_0 = dense_or_undefined(h0), c_0 = dense_or_undefined(c0), dhn = dense_or_undefined(dh_n), dcn = dense_or_undefined(dc_n);
  LstmGrads r;
  r.dh0 = zeros_raw({l.batch, n}, t), r.dc0 = zeros_raw({l.batch, n}, t), r.db = zeros_raw({4 * n}, t);
  RecurrentPieces pieces(l.batch);
  Tensor dpre = empty(l.shape(4 * n), t), packed = empty({4 * n * whole_panels<float>(n)}, t), db = zeros_raw({pieces.count, 4 * n}, t);
  dispatch_floating("lstm", t, [&]<class T>() {
    T *d = dpre.mutable_data<T>(), *dh = r.dh0.mutable_data<T>(), *dc = r.dc0.mutable_data<T>();
    if (dhn.defined()) std::memcpy(dh, dhn.data<T>(), size_t(l.batch * n) * sizeof(T));
    if (dcn.defined()) std::memcpy(dc, dcn.data<T>(), size_t(l.batch * n) * sizeof(T));
    pack_panels(w_hh.data<T>(), n, 4 * n, n, packed.mutable_data<T>());
    LstmSteps<T> steps{l, n, saved.y.mutable_data<T>(), saved.cells.mutable_data<T>(), saved.gates.mutable_data<T>(), h_0, c_0};
    parallel_for(l.batch, pieces.rows, [&](int64_t begin, int64_t end) {
      steps.backward(packed.data<T>(), dy.defined() ? dy.data<T>() : nullptr, begin, end, dh + begin * n, dc + begin * n, d,
                     db.mutable_data<T>() + begin / pieces.rows * 4 * n);
    });
    for (int64_t p = 0; p < pieces.count; p++) add_to(r.db.mutable_data<T>(), db.data<T>() + p * 4 * n, 4 * n);
    // A training step may peak here: what is no longer needed goes before the next comes.
    packed = {};
    r.dw_hh = empty(w_hh.shape(), t);
    {
      Tensor before = shifted_states(l, saved.y, h_0);
      gemm<T>(true, false, 4 * n, n, l.rows(), T(1), d, 4 * n, before.data<T>(), n, T(0), r.dw_hh.mutable_data<T>(), n);
    }
    r.dw_ih = input_weight_gradient(dpre, x, saved.inputs);
    if (!needs_dx) return;
    r.dx = empty(x.shape(), t);
    gemm<T>(false, false, l.rows(), size, 4 * n, T(1), d, 4 * n, w_ih.data<T>(), size, T(0), r.dx.mutable_data<T>(), size);
  });
  count_work(16 * l.rows() * n * (size + n), bytes_of(x, w_ih, w_hh, saved.y, saved.cells, saved.gates, dy, r.dx, r.dw_ih, r.dw_hh));
  return r;
}

}  // namespace tare::kernels
