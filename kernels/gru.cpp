// As the LSTM: one GEMM for the inputs of all steps (rnn_input.h), then a product of the state with packed weights and a fused pass a step.
#include <algorithm>
#include <cstring>

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
void gru_row_backward(const T* __restrict gates, const T* __restrict hidden_n, const T* __restrict h, T* __restrict dh, T* __restrict dpre_x,
                      T* __restrict dpre_h, int64_t n) {
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

template <class T>
void add_into_row(T* __restrict y, const T* __restrict x, int64_t n) {
  for (int64_t j = 0; j < n; j++) y[j] += x[j];
}

// All steps of the batch elements [begin, end). gates holds x W_ih^T + b_ih, or gets it step by step, and becomes r, z, n; hidden_n keeps
// h W_hn^T + b_hn.
template <class T>
struct GruSteps {
  const SequenceLayout& l;
  int64_t n;
  T *y, *gates, *hidden_n;
  const Tensor& h0;

  void forward(const InputGates& input, const T* w_hh, const T* bias, int64_t begin, int64_t end) const {
    Tensor product = zeros_raw({end - begin, 3 * n}, dtype_of<T>::value);
    T* p = product.mutable_data<T>();
    for (int64_t k = 0; k < l.steps; k++) {
      StateRows<T> h = state_before<T>(l, k, y, h0, n);
      if (h.data) multiply_panels(end - begin, 3 * n, n, h.row(begin), h.stride, 1, w_hh, n, p, 3 * n, false);
      for (int64_t b = begin; b < end; b++) {
        int64_t row = l.first(l.time(k)) + b * l.apart;
        T* pre_h = p + (b - begin) * 3 * n;
        input.bring(row, 3 * n, gates);
        if (bias) add_into_row(pre_h, bias, 3 * n);
        std::copy_n(pre_h + 2 * n, n, hidden_n + row * n);
        gru_row(gates + row * 3 * n, pre_h, h.row(b), y + row * n, n);
      }
    }
  }

  // dh (rows n apart) comes in as the gradient of the last state and leaves as that of the first; `zeros` are n zeros.
  void backward(const T* w_hh, const T* dy, const T* zeros, int64_t begin, int64_t end, T* dh, T* dpre_x, T* dpre_h, T* db_x,
                T* db_h) const {
    for (int64_t k = l.steps - 1; k >= 0; k--) {
      StateRows<T> h = state_before<T>(l, k, y, h0, n);
      int64_t at = l.first(l.time(k));
      for (int64_t b = begin; b < end; b++) {
        int64_t row = at + b * l.apart;
        T *dh_row = dh + (b - begin) * n, *dx = dpre_x + row * 3 * n, *dg = dpre_h + row * 3 * n;
        if (dy) add_into_row(dh_row, dy + row * n, n);
        gru_row_backward(gates + row * 3 * n, hidden_n + row * n, h.data ? h.row(b) : zeros, dh_row, dx, dg, n);
        add_into_row(db_x, dx, 3 * n);
        add_into_row(db_h, dg, 3 * n);
      }
      multiply_panels(end - begin, n, 3 * n, dpre_h + (at + begin * l.apart) * 3 * n, l.apart * 3 * n, 1, w_hh, 3 * n, dh, n, true);
    }
  }
};

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
  Tensor x = dense(input), w_ih = dense(weight_ih), w_hh = dense(weight_hh), h_0 = dense_or_undefined(h0);
  Tensor bias_x = dense_or_undefined(b_ih), bias_h = dense_or_undefined(b_hh), packed = empty({n * whole_panels<float>(3 * n)}, t);
  GruResult r{empty(l.shape(n), t), {}, empty(l.shape(3 * n), t), empty(l.shape(n), t), {}};
  InputGates from_input = input_gates(x, w_ih, bias_x, r.gates);
  dispatch_floating("gru", t, [&]<class T>() {
    pack_transposed_panels(w_hh.data<T>(), n, n, 3 * n, packed.mutable_data<T>());
    GruSteps<T> steps{l, n, r.y.mutable_data<T>(), r.gates.mutable_data<T>(), r.hidden_n.mutable_data<T>(), h_0};
    parallel_for(l.batch, RecurrentPieces(l.batch).rows, [&](int64_t begin, int64_t end) {
      steps.forward(from_input, packed.data<T>(), bias_h.defined() ? bias_h.data<T>() : nullptr, begin, end);
    });
  });
  r.inputs = from_input.rows;
  count_work(6 * l.rows() * n * (size + n), bytes_of(x, w_ih, w_hh, r.y, r.gates, r.hidden_n));
  r.h_n = last_state(l, r.y);
  return r;
}

GruGrads gru_backward(const Tensor& grad_y, const Tensor& dh_n, const Tensor& input, const Tensor& h0, const Tensor& weight_ih,
                      const Tensor& weight_hh, const GruResult& saved, RecurrentOptions options, bool needs_dx) {
  SequenceLayout l = sequence_layout("gru_backward", 3, input, weight_ih, weight_hh, options);
  int64_t n = weight_hh.shape()[1], size = input.shape()[2];
  DType t = input.dtype();
  check_optional("gru_backward", "dy", grad_y, l.shape(n), t);
  check_optional("gru_backward", "dh_n", dh_n, {l.batch, n}, t);
  Tensor x = dense(input), w_ih = dense(weight_ih), w_hh = dense(weight_hh), dy = dense_or_undefined(grad_y), dhn = dense_or_undefined(dh_n);
  Tensor h_0 = dense_or_undefined(h0);
  GruGrads r{{}, zeros_raw({l.batch, n}, t), {}, empty(w_hh.shape(), t), zeros_raw({3 * n}, t),
             zeros_raw({3 * n}, t)};
  RecurrentPieces pieces(l.batch);
  Tensor dpre_x = empty(l.shape(3 * n), t), dpre_h = empty(l.shape(3 * n), t), packed = empty({3 * n * whole_panels<float>(n)}, t);
  Tensor db = zeros_raw({pieces.count, 6 * n}, t), zeros = zeros_raw({n}, t), before = shifted_states(l, saved.y, h_0);
  dispatch_floating("gru", t, [&]<class T>() {
    T *dh = r.dh0.mutable_data<T>(), *dx = dpre_x.mutable_data<T>(), *dg = dpre_h.mutable_data<T>();
    if (dhn.defined()) std::memcpy(dh, dhn.data<T>(), size_t(l.batch * n) * sizeof(T));
    pack_panels(w_hh.data<T>(), n, 3 * n, n, packed.mutable_data<T>());
    GruSteps<T> steps{l, n, saved.y.mutable_data<T>(), saved.gates.mutable_data<T>(), saved.hidden_n.mutable_data<T>(), h_0};
    parallel_for(l.batch, pieces.rows, [&](int64_t begin, int64_t end) {
      T* sums = db.mutable_data<T>() + begin / pieces.rows * 6 * n;
      steps.backward(packed.data<T>(), dy.defined() ? dy.data<T>() : nullptr, zeros.data<T>(), begin, end, dh + begin * n, dx, dg, sums,
                     sums + 3 * n);
    });
    for (int64_t p = 0; p < pieces.count; p++) {
      add_into_row(r.db_ih.mutable_data<T>(), db.data<T>() + p * 6 * n, 3 * n);
      add_into_row(r.db_hh.mutable_data<T>(), db.data<T>() + p * 6 * n + 3 * n, 3 * n);
    }
    gemm<T>(true, false, 3 * n, n, l.rows(), T(1), dg, 3 * n, before.data<T>(), n, T(0), r.dw_hh.mutable_data<T>(), n);
    r.dw_ih = input_weight_gradient(dpre_x, x, saved.inputs);
    if (!needs_dx) return;
    r.dx = empty(x.shape(), t);
    gemm<T>(false, false, l.rows(), size, 3 * n, T(1), dx, 3 * n, w_ih.data<T>(), size, T(0), r.dx.mutable_data<T>(), size);
  });
  count_work(12 * l.rows() * n * (size + n), bytes_of(x, w_ih, w_hh, saved.y, saved.gates, dy, r.dx, r.dw_ih, r.dw_hh));
  return r;
}

}  // namespace tare::kernels
