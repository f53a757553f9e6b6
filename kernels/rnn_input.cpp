#include "kernels/rnn_input.h"

#include "kernels/embedding.h"
#include "kernels/gemm.h"

namespace tare::kernels {
namespace {

// Fewer rows, or narrower products, are not worth a look.
constexpr int64_t kFewestRows = 64, kLeastWidth = 128;

Tensor as_matrix(const Tensor& t, int64_t width) { return view_of(t, {t.numel() / width, width}, {width, 1}, 0); }

}  // namespace

InputGates input_gates(const Tensor& x, const Tensor& w_ih, const Tensor& bias, Tensor& gates) {
  const int64_t width = w_ih.shape()[0], size = w_ih.shape()[1], all = gates.numel() / width;
  InputGates r;
  if (size > 0 && all >= kFewestRows && width >= kLeastWidth) r.rows = distinct_rows(as_matrix(x, size));
  if (r.rows.found()) r.table = empty({r.rows.table.shape()[0], width}, x.dtype());
  dispatch_floating("input_gates", x.dtype(), [&]<class T>() {
    Epilogue<T> epilogue;
    if (bias.defined()) epilogue.column_bias = bias.data<T>();
    const Tensor& from = r.rows.found() ? r.rows.table : x;
    Tensor& to = r.rows.found() ? r.table : gates;
    gemm<T>(false, true, to.numel() / width, width, size, from.data<T>(), size, w_ih.data<T>(), size, to.mutable_data<T>(), width, epilogue);
  });
  return r;
}

Tensor input_weight_gradient(const Tensor& dpre, const Tensor& x, const DistinctRows& rows) {
  const int64_t width = dpre.shape().back(), size = x.shape().back();
  const Tensor& inputs = rows.found() ? rows.table : x;
  Tensor grad = rows.found() ? embedding_backward(as_matrix(dpre, width), rows.index, rows.table.shape()[0]) : dpre;
  Tensor dw = empty({width, size}, x.dtype());
  dispatch_floating("input_weight_gradient", x.dtype(), [&]<class T>() {
    gemm<T>(true, false, width, size, grad.numel() / width, T(1), grad.data<T>(), width, inputs.data<T>(), size, T(0), dw.mutable_data<T>(), size);
  });
  return dw;
}

}  // namespace tare::kernels
