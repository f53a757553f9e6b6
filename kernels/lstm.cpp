// A sequence costs one large GEMM for the inputs of all steps, then a step at a time: a small GEMM on the state and one
// fused pass over the gates while they are in cache. Backward runs the same way; the gradients of the weights are again
// one large GEMM each over all steps.
#include <algorithm>
#include <cstring>

#include "core/parallel.h"
#include "kernels/dense.h"
#include "kernels/gemm.h"
#include "kernels/rnn.h"
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
// activations: sigmoid' = s (1 - s), tanh' = 1 - t^2. dc is replaced; `scratch` holds n numbers; dpre may be gates.
template <class T>
void lstm_row_backward(const T* gates, const T* c, const T* c_new, const T* dh, T* dc, T* dpre, T* scratch, int64_t n) {
  vtanh(c_new, scratch, n);
  for (int64_t j = 0; j < n; j++) {
    T i = gates[j], f = gates[n + j], g = gates[2 * n + j], o = gates[3 * n + j], t = scratch[j];
    T d = dc[j] + dh[j] * o * (1 - t * t);
    T before = c ? c[j] : T(0);
    dpre[j] = d * g * i * (1 - i);
    dpre[n + j] = d * before * f * (1 - f);
    dpre[2 * n + j] = d * i * (1 - g * g);
    dpre[3 * n + j] = dh[j] * t * o * (1 - o);
    dc[j] = d * f;
  }
}

void add_biases(const Tensor& b_ih, const Tensor& b_hh, const Tensor& sum) {
  dispatch_floating("lstm", sum.dtype(), [&]<class T>() {
    T* out = sum.mutable_data<T>();
    for (const Tensor* b : {&b_ih, &b_hh})
      if (b->defined())
        for (int64_t j = 0; j < sum.numel(); j++) out[j] += b->data<T>()[j];
  });
}

Tensor dense_or_undefined(const Tensor& t) { return t.defined() ? dense(t) : t; }

}  // namespace

LstmCellResult lstm_cell(const Tensor& pre, const Tensor& cell) {
  check<ShapeError>(cell.dim() == 2 && pre.shape() == Shape{cell.shape()[0], 4 * cell.shape()[1]}, "lstm_cell: expected pre-activations [B, 4H] and a cell [B, H] but they are ",
                    pre.shape(), " and ", cell.shape());
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
  Tensor bias = zeros_raw({4 * n}, t);
  add_biases(dense_or_undefined(b_ih), dense_or_undefined(b_hh), bias);
  LstmResult r{empty(l.shape(n), t), empty({l.batch, n}, t), empty({l.batch, n}, t), empty(l.shape(4 * n), t), empty(l.shape(n), t)};
  dispatch_floating("lstm", t, [&]<class T>() {
    T *y = r.y.mutable_data<T>(), *gates = r.gates.mutable_data<T>(), *cells = r.cells.mutable_data<T>();
    Epilogue<T> epilogue;
    epilogue.column_bias = bias.data<T>();
    gemm<T>(false, true, l.rows(), 4 * n, size, x.data<T>(), size, w_ih.data<T>(), size, gates, 4 * n, epilogue);
    const T *h = h_0.defined() ? h_0.data<T>() : nullptr, *c = c_0.defined() ? c_0.data<T>() : nullptr;
    int64_t apart = 1;  // rows between batch elements of h and c
    for (int64_t k = 0; k < l.steps; k++) {
      int64_t at = l.first(l.time(k));
      if (h) gemm<T>(false, true, l.batch, 4 * n, n, T(1), h, apart * n, w_hh.data<T>(), n, T(1), gates + at * 4 * n, l.apart * 4 * n);
      parallel_for(l.batch, kLstmGrain / n + 1, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; b++) {
          int64_t row = at + b * l.apart;
          lstm_row(gates + row * 4 * n, c ? c + b * apart * n : nullptr, cells + row * n, y + row * n, n);
        }
      });
      h = y + at * n;
      c = cells + at * n;
      apart = l.apart;
    }
    for (int64_t b = 0; b < l.batch; b++) {
      std::memcpy(r.h_n.mutable_data<T>() + b * n, h + b * apart * n, size_t(n) * sizeof(T));
      std::memcpy(r.c_n.mutable_data<T>() + b * n, c + b * apart * n, size_t(n) * sizeof(T));
    }
  });
  return r;
}

LstmGrads lstm_backward(const Tensor& grad_y, const Tensor& dh_n, const Tensor& dc_n, const Tensor& input, const Tensor& h0, const Tensor& c0,
                        const Tensor& weight_ih, const Tensor& weight_hh, const LstmResult& saved, RecurrentOptions options) {
  SequenceLayout l = sequence_layout("lstm_backward", 4, input, weight_ih, weight_hh, options);
  int64_t n = weight_hh.shape()[1], size = input.shape()[2];
  DType t = input.dtype();
  check_optional("lstm_backward", "dy", grad_y, l.shape(n), t);
  check_optional("lstm_backward", "dh_n", dh_n, {l.batch, n}, t);
  check_optional("lstm_backward", "dc_n", dc_n, {l.batch, n}, t);
  Tensor x = dense(input), w_ih = dense(weight_ih), w_hh = dense(weight_hh), dy = dense_or_undefined(grad_y);
  Tensor h_0 = dense_or_undefined(h0), c_0 = dense_or_undefined(c0), dhn = dense_or_undefined(dh_n), dcn = dense_or_undefined(dc_n);
  LstmGrads r{empty(x.shape(), t), zeros_raw({l.batch, n}, t), zeros_raw({l.batch, n}, t), empty(w_ih.shape(), t), empty(w_hh.shape(), t), {}};
  Tensor dpre = empty(l.shape(4 * n), t), scratch = empty({l.batch, n}, t);
  Tensor before = shifted_states(l, saved.y, h_0), cells_before = shifted_states(l, saved.cells, c_0);
  dispatch_floating("lstm", t, [&]<class T>() {
    T *dh = r.dh0.mutable_data<T>(), *dc = r.dc0.mutable_data<T>(), *d = dpre.mutable_data<T>(), *temp = scratch.mutable_data<T>();
    if (dhn.defined()) std::memcpy(dh, dhn.data<T>(), size_t(l.batch * n) * sizeof(T));
    if (dcn.defined()) std::memcpy(dc, dcn.data<T>(), size_t(l.batch * n) * sizeof(T));
    const T *gates = saved.gates.data<T>(), *cells = saved.cells.data<T>(), *cells_in = cells_before.data<T>();
    for (int64_t k = l.steps - 1; k >= 0; k--) {
      int64_t at = l.first(l.time(k));
      parallel_for(l.batch, kLstmGrain / n + 1, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; b++) {
          int64_t row = at + b * l.apart;
          if (dy.defined())
            for (int64_t j = 0; j < n; j++) dh[b * n + j] += dy.data<T>()[row * n + j];
          lstm_row_backward(gates + row * 4 * n, cells_in + row * n, cells + row * n, dh + b * n, dc + b * n, d + row * 4 * n, temp + b * n, n);
        }
      });
      gemm<T>(false, false, l.batch, n, 4 * n, T(1), d + at * 4 * n, l.apart * 4 * n, w_hh.data<T>(), n, T(0), dh, n);
    }
    gemm<T>(false, false, l.rows(), size, 4 * n, T(1), d, 4 * n, w_ih.data<T>(), size, T(0), r.dx.mutable_data<T>(), size);
    gemm<T>(true, false, 4 * n, size, l.rows(), T(1), d, 4 * n, x.data<T>(), size, T(0), r.dw_ih.mutable_data<T>(), size);
    gemm<T>(true, false, 4 * n, n, l.rows(), T(1), d, 4 * n, before.data<T>(), n, T(0), r.dw_hh.mutable_data<T>(), n);
  });
  r.db = sum_of_rows(dpre, 4 * n);
  return r;
}

}  // namespace tare::kernels
