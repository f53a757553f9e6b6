// Matrix products: C = alpha op(A) op(B) + beta C, and NumPy's matmul on top of it.
#pragma once

#include "core/tensor.h"
#include "kernels/activation.h"

namespace tare::kernels {

/// C (m, n) = alpha op(A) (m, k) op(B) (k, n) + beta C, all row-major with row lengths lda, ldb, ldc in elements; op
/// transposes when its flag is set (A is then stored (k, m)). beta = 0 overwrites C without reading it; k = 0 counts as a
/// zero product. C must not overlap A or B. float and double.
template <class T>
void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c,
          int64_t ldc);

extern template void gemm(bool, bool, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*, int64_t, float, float*, int64_t);
extern template void gemm(bool, bool, int64_t, int64_t, int64_t, double, const double*, int64_t, const double*, int64_t, double, double*, int64_t);

/// What the last pass over a product adds and applies: y = act(product + bias).
template <class T>
struct Epilogue {
  const T* row_bias = nullptr;     ///< m values, one for each row of C
  const T* column_bias = nullptr;  ///< n values, one for each column of C
  Activation act = Activation::none;
};

/// C = act(op(A) op(B) + bias): gemm with alpha = 1, beta = 0, and the epilogue folded into each tile.
template <class T>
void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc,
          const Epilogue<T>& epilogue);

extern template void gemm(bool, bool, int64_t, int64_t, int64_t, const float*, int64_t, const float*, int64_t, float*, int64_t, const Epilogue<float>&);
extern template void gemm(bool, bool, int64_t, int64_t, int64_t, const double*, int64_t, const double*, int64_t, double*, int64_t,
                          const Epilogue<double>&);

/// NumPy's matmul for operands of any strides and equal dtype (float32, float64, int64): 1-D operands are rows or columns
/// whose axis is dropped from the result, leading axes broadcast. Throws ShapeError for shapes that do not fit, DTypeError
/// for unequal or other dtypes.
Tensor matmul(const Tensor& a, const Tensor& b);
/// The shape of matmul's result; throws ShapeError naming `what` and both shapes.
Shape matmul_shape(std::string_view what, const Shape& a, const Shape& b);

/// y (*, out) = act(x (*, in) w^T + bias), w (out, in), bias (out) or undefined. float32 or float64.
Tensor linear(const Tensor& x, const Tensor& w, const Tensor& bias, Activation act = Activation::none);

}  // namespace tare::kernels
