// As the LSTM: one GEMM for the inputs of all steps, then a GEMM on the state and a fused pass a step.
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

constexpr int64_t kGruGrain = 2048;  // hidden units a piece

// One batch element: gates (3H) holds x W^T + b_ih and becomes r, z, n; pre_h (3H) is h W^T + b_hh; h null: zeros.
template <class T>
void gru_row(T* gates, const T* pre_h, const T* h, T* h_new, int64_t n) {
  T *r = gates, *z = gates + n, *c = gates + 2 * n;
  for (int64_t j = 0; j < 2 * n; j++) r[j] += pre_h[j];
  vsigmoid(r, r, 2 * n);
  for (int64_t j = 0; j < n; j++) c[j] += r[j] * pre_h[2 * n + j];
  vtanh(c, c, n);
  if (h)
    for (int64_t j = 0; j < n; j++) h_new[j] = c[j] + z[j] * (h[j] - c[j]);
  else
    for (int64_t j = 0; j < n; j++) h_new[j] = c[j] - z[j] * c[j];
}

// dn = dh (1 - z), dz = dh (h - n), dr = dpre_n hidden_n; dh is replaced by its direct path dh z.
template <class T>
void gru_row_backward(const T* gates, const T* hidden_n, const T* h, T* dh, T* dpre_x, T* dpre_h, int64_t n) {
  for (int64_t j = 0; j < n; j++) {
    T r = gates[j], z = gates[n + j], c = gates[2 * n + j];
    T dc = dh[j] * (1 - z) * (1 - c * c);
    T dz = dh[j] * (h[j] - c) * z * (1 - z);
    T dr = dc * hidden_n[j] * r * (1 - r);
    dpre_x[j] = dpre_h[j] = dr;
    dpre_x[n + j] = dpre_h[n + j] = dz;
    dpre_x[2 * n + j] = dc;
    dpre_h[2 * n + j] = dc * r;
    dh[j] *= z;
  }
}

Tensor dense_if_defined(const Tensor& t) { return t.defined() ? dense(t) : t; }

}  // namespace

GruCellResult gru_cell(const Tensor& pre_x, const Tensor& pre_h, const Tensor& state) {
  check<ShapeError>(state.dim() == 2 && pre_x.shape() == Shape{state.shape()[0], 3 * state.shape()[1]} && pre_h.shape() == pre_x.shape(),
                    "gru_cell: expected pre-activations [B, 3H] and a state [B, H] but they are ", pre_x.shape(), ", ", pre_h.shape(), " and ",
                    state.shape());
  Tensor px = dense(pre_x), ph = dense(pre_h), h = dense(state);
  GruCellResult r{empty(h.shape(), h.dtype()), empty(px.shape(), h.dtype())};
  int64_t n = h.shape()[1];
  dispatch_floating("gru_cell", h.dtype(), [&]<class T>() {
    parallel_for(h.shape()[0], kGruGrain / std::max<int64_t>(n, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; b++) {
        T* gates = r.gates.mutable_data<T>() + b * 3 * n;
        std::memcpy(gates, px.data<T>() + b * 3 * n, size_t(3 * n) * sizeof(T));
        gru_row(gates, ph.data<T>() + b * 3 * n, h.data<T>() + b * n, r.h.mutable_data<T>() + b * n, n);
      }
    });
  });
  return r;
}

GruCellGrads gru_cell_backward(const Tensor& dh_new, const Tensor& pre_h, const Tensor& state, const GruCellResult& saved) {
  Tensor d = dense(dh_new), ph = dense(pre_h), h = dense(state), gates = dense(saved.gates);
  check_optional("gru_cell_backward", "dh", dh_new, h.shape(), h.dtype());
  GruCellGrads r{empty(gates.shape(), h.dtype()), empty(gates.shape(), h.dtype()), empty(h.shape(), h.dtype())};
  int64_t n = h.shape()[1];
  dispatch_floating("gru_cell", h.dtype(), [&]<class T>() {
    parallel_for(h.shape()[0], kGruGrain / std::max<int64_t>(n, 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; b++) {
        T* dh = r.dh.mutable_data<T>() + b * n;
        std::memcpy(dh, d.data<T>() + b * n, size_t(n) * sizeof(T));
        gru_row_backward(gates.data<T>() + b * 3 * n, ph.data<T>() + b * 3 * n + 2 * n, h.data<T>() + b * n, dh,
                         r.dpre_x.mutable_data<T>() + b * 3 * n, r.dpre_h.mutable_data<T>() + b * 3 * n, n);
      }
    });
  });
  return r;
}

GruResult gru_forward(const Tensor& input, const Tensor& h0, const Tensor& weight_ih, const Tensor& weight_hh, const Tensor& b_ih,
                      const Tensor& b_hh, RecurrentOptions options) {
  SequenceLayout l = sequence_layout("gru", 3, input, weight_ih, weight_hh, options);
  int64_t n = weight_hh.shape()[1], size = input.shape()[2];
  DType t = input.dtype();
  check_optional("gru", "h0", h0, {l.batch, n}, t);
  check_optional("gru", "b_ih", b_ih, {3 * n}, t);
  check_optional("gru", "b_hh", b_hh, {3 * n}, t);
  Tensor x = dense(input), w_ih = dense(weight_ih), w_hh = dense(weight_hh), h_0 = dense_if_defined(h0);
  Tensor bias_x = dense_if_defined(b_ih), bias_h = dense_if_defined(b_hh);
  GruResult r{empty(l.shape(n), t), empty({l.batch, n}, t), empty(l.shape(3 * n), t), empty(l.shape(n), t)};
  Tensor pre_h = empty({l.batch, 3 * n}, t);
  dispatch_floating("gru", t, [&]<class T>() {
    T *y = r.y.mutable_data<T>(), *gates = r.gates.mutable_data<T>(), *hidden = r.hidden_n.mutable_data<T>(), *ph = pre_h.mutable_data<T>();
    Epilogue<T> epilogue_x, epilogue_h;
    if (bias_x.defined()) epilogue_x.column_bias = bias_x.data<T>();
    if (bias_h.defined()) epilogue_h.column_bias = bias_h.data<T>();
    gemm<T>(false, true, l.rows(), 3 * n, size, x.data<T>(), size, w_ih.data<T>(), size, gates, 3 * n, epilogue_x);
    const T* h = h_0.defined() ? h_0.data<T>() : nullptr;
    int64_t apart = 1;
    for (int64_t k = 0; k < l.steps; k++) {
      int64_t at = l.first(l.time(k));
      // Without a state the product is 0: k = 0 leaves the bias alone.
      gemm<T>(false, true, l.batch, 3 * n, h ? n : 0, h, apart * n, w_hh.data<T>(), n, ph, 3 * n, epilogue_h);
      parallel_for(l.batch, kGruGrain / n + 1, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; b++) {
          int64_t row = at + b * l.apart;
          std::memcpy(hidden + row * n, ph + b * 3 * n + 2 * n, size_t(n) * sizeof(T));
          gru_row(gates + row * 3 * n, ph + b * 3 * n, h ? h + b * apart * n : nullptr, y + row * n, n);
        }
      });
      h = y + at * n;
      apart = l.apart;
    }
    for (int64_t b = 0; b < l.batch; b++) std::memcpy(r.h_n.mutable_data<T>() + b * n, h + b * apart * n, size_t(n) * sizeof(T));
  });
  return r;
}

GruGrads gru_backward(const Tensor& grad_y, const Tensor& dh_n, const Tensor& input, const Tensor& h0, const Tensor& weight_ih,
                      const Tensor& weight_hh, const GruResult& saved, RecurrentOptions options) {
  SequenceLayout l = sequence_layout("gru_backward", 3, input, weight_ih, weight_hh, options);
  int64_t n = weight_hh.shape()[1], size = input.shape()[2];
  DType t = input.dtype();
  check_optional("gru_backward", "dy", grad_y, l.shape(n), t);
  check_optional("gru_backward", "dh_n", dh_n, {l.batch, n}, t);
  Tensor x = dense(input), w_ih = dense(weight_ih), w_hh = dense(weight_hh), dy = dense_if_defined(grad_y), dhn = dense_if_defined(dh_n);
  GruGrads r{empty(x.shape(), t), zeros_raw({l.batch, n}, t), empty(w_ih.shape(), t), empty(w_hh.shape(), t), {}, {}};
  Tensor dpre_x = empty(l.shape(3 * n), t), dpre_h = empty(l.shape(3 * n), t), before = shifted_states(l, saved.y, dense_if_defined(h0));
  dispatch_floating("gru", t, [&]<class T>() {
    T *dh = r.dh0.mutable_data<T>(), *dx = dpre_x.mutable_data<T>(), *dg = dpre_h.mutable_data<T>();
    if (dhn.defined()) std::memcpy(dh, dhn.data<T>(), size_t(l.batch * n) * sizeof(T));
    const T *gates = saved.gates.data<T>(), *hidden = saved.hidden_n.data<T>(), *h = before.data<T>();
    for (int64_t k = l.steps - 1; k >= 0; k--) {
      int64_t at = l.first(l.time(k));
      parallel_for(l.batch, kGruGrain / n + 1, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; b++) {
          int64_t row = at + b * l.apart;
          if (dy.defined())
            for (int64_t j = 0; j < n; j++) dh[b * n + j] += dy.data<T>()[row * n + j];
          gru_row_backward(gates + row * 3 * n, hidden + row * n, h + row * n, dh + b * n, dx + row * 3 * n, dg + row * 3 * n, n);
        }
      });
      gemm<T>(false, false, l.batch, n, 3 * n, T(1), dg + at * 3 * n, l.apart * 3 * n, w_hh.data<T>(), n, T(1), dh, n);
    }
    gemm<T>(false, false, l.rows(), size, 3 * n, T(1), dx, 3 * n, w_ih.data<T>(), size, T(0), r.dx.mutable_data<T>(), size);
    gemm<T>(true, false, 3 * n, size, l.rows(), T(1), dx, 3 * n, x.data<T>(), size, T(0), r.dw_ih.mutable_data<T>(), size);
    gemm<T>(true, false, 3 * n, n, l.rows(), T(1), dg, 3 * n, before.data<T>(), n, T(0), r.dw_hh.mutable_data<T>(), n);
  });
  r.db_ih = sum_of_rows(dpre_x, 3 * n);
  r.db_hh = sum_of_rows(dpre_h, 3 * n);
  return r;
}

}  // namespace tare::kernels
