// NumPy's matmul: vectors become matrices, leading axes broadcast, and each pair of matrices goes to gemm.
//
// A matrix whose rows or whose columns are contiguous is passed as it lies, with a transpose flag; any other is copied.
// When the second operand is one matrix for the whole batch, the batch folds into the rows of a single product.
#include <algorithm>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"

namespace tare::kernels {
namespace {

// The last two axes of a tensor as BLAS sees them.
struct Operand {
  Tensor tensor;  // keeps a copy alive
  bool transposed = false;
  int64_t row_length = 0;  // BLAS's leading dimension
};

Operand as_operand(const Tensor& x) {
  int r = x.dim();
  int64_t rows = x.shape()[r - 2], columns = x.shape()[r - 1], down = x.strides()[r - 2], across = x.strides()[r - 1];
  if ((across == 1 || columns == 1) && (down >= columns || rows == 1)) return {x, false, std::max(down, columns)};
  if ((down == 1 || rows == 1) && (across >= rows || columns == 1)) return {x, true, std::max(across, rows)};
  return {contiguous(x), false, columns};
}

// Offset of matrix `index` of a batch of shape `batch`, for a tensor whose own leading axes broadcast to it.
int64_t batch_offset(const Tensor& x, const Shape& batch, int64_t index) {
  int own = x.dim() - 2, skip = batch.size() - own;
  int64_t offset = 0;
  for (int i = batch.size() - 1; i >= 0; i--) {
    int64_t at = index % batch[i];
    index /= batch[i];
    if (i >= skip && x.shape()[i - skip] != 1) offset += at * x.strides()[i - skip];
  }
  return offset;
}

void multiply(const Operand& a, const Operand& b, int64_t m, int64_t n, int64_t k, const int64_t* pa, const int64_t* pb, int64_t* c) {
  int64_t row_a = a.transposed ? 1 : a.row_length, col_a = a.transposed ? a.row_length : 1;
  int64_t row_b = b.transposed ? 1 : b.row_length, col_b = b.transposed ? b.row_length : 1;
  std::fill(c, c + m * n, int64_t{0});
  for (int64_t i = 0; i < m; i++)
    for (int64_t l = 0; l < k; l++) {
      int64_t v = pa[i * row_a + l * col_a];
      for (int64_t j = 0; j < n; j++) c[i * n + j] += v * pb[l * row_b + j * col_b];
    }
}
template <class T>
void multiply(const Operand& a, const Operand& b, int64_t m, int64_t n, int64_t k, const T* pa, const T* pb, T* c) {
  gemm<T>(a.transposed, b.transposed, m, n, k, T(1), pa, a.row_length, pb, b.row_length, T(0), c, n);
}

template <class T>
void multiply_batch(const Tensor& ta, const Tensor& tb, const Shape& batch, Tensor& out) {
  Operand a = as_operand(ta), b = as_operand(tb);
  int64_t m = ta.shape()[ta.dim() - 2], k = ta.shape().back(), n = tb.shape().back(), count = batch.numel();
  const T *pa = a.tensor.data<T>(), *pb = b.tensor.data<T>();
  T* pc = out.mutable_data<T>();
  if (tb.dim() == 2 && !a.transposed && a.tensor.is_contiguous()) return multiply(a, b, m * count, n, k, pa, pb, pc);
  auto one = [&](int64_t i) {
    multiply(a, b, m, n, k, pa + batch_offset(a.tensor, batch, i), pb + batch_offset(b.tensor, batch, i), pc + i * m * n);
  };
  // Few large matrices are cut by gemm itself; otherwise whole matrices are handed out, several at a time when small.
  constexpr int64_t piece = 500'000;  // multiply-adds
  if (m * n * k > piece && (count < 4 || (count < 16 && m * n * k > 16 * piece))) {
    for (int64_t i = 0; i < count; i++) one(i);
    return;
  }
  parallel_for(count, piece / std::max<int64_t>(m * n * k, 500) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) one(i);
  });
}

Tensor unsqueezed(const Tensor& x, int axis) {
  Shape shape = x.shape(), strides = x.strides();
  shape.insert(axis, 1);
  strides.insert(axis, axis == 0 ? x.shape()[0] : 1);
  return view_of(x, shape, strides, x.impl().offset);
}

}  // namespace

Shape matmul_shape(std::string_view what, const Shape& a, const Shape& b) {
  check<ShapeError>(!a.empty() && !b.empty(), what, ": expected operands with at least one axis but got ", a, " and ", b,
                    "; multiply by a number with *");
  int64_t k = b.size() == 1 ? b[0] : b[b.size() - 2];
  check<ShapeError>(a.back() == k, what, ": expected the last axis of the first operand to be as long as the ", b.size() == 1 ? "" : "second to last axis of the ",
                    "second but the shapes are ", a, " and ", b);
  Shape out = broadcast_shapes(what, a.slice(0, std::max(0, a.size() - 2)), b.slice(0, std::max(0, b.size() - 2)));
  if (a.size() > 1) out.push_back(a[a.size() - 2]);
  if (b.size() > 1) out.push_back(b.back());
  return out;
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  check<DTypeError>(a.dtype() == b.dtype() && (is_floating(a.dtype()) || a.dtype() == DType::int64),
                    "matmul: expected two operands of one type, float32, float64 or int64, but they are ", a.dtype(), " and ", b.dtype());
  Tensor out = empty(matmul_shape("matmul", a.shape(), b.shape()), a.dtype());
  if (out.numel() == 0) return out;
  count_work(2 * out.numel() * a.shape().back(), bytes_of(a, b, out));
  Tensor left = a.dim() == 1 ? unsqueezed(a, 0) : a, right = b.dim() == 1 ? unsqueezed(b, 1) : b;
  Shape batch = broadcast_shapes("matmul", left.shape().slice(0, left.dim() - 2), right.shape().slice(0, right.dim() - 2));
  if (a.dtype() == DType::float32) multiply_batch<float>(left, right, batch, out);
  else if (a.dtype() == DType::float64) multiply_batch<double>(left, right, batch, out);
  else multiply_batch<int64_t>(left, right, batch, out);
  return out;
}

Tensor linear(const Tensor& x, const Tensor& w, const Tensor& bias, Activation act) {
  check<ShapeError>(w.dim() == 2 && x.dim() >= 1 && x.shape().back() == w.shape()[1],
                    "linear: expected an input (*, in) and weights (out, in) but the shapes are ", x.shape(), " and ", w.shape());
  check<ShapeError>(!bias.defined() || bias.shape() == Shape{w.shape()[0]}, "linear: expected a bias of shape ", Shape{w.shape()[0]},
                    " for weights of shape ", w.shape(), " but the bias is ", bias.defined() ? bias.shape() : Shape{});
  check<DTypeError>(x.dtype() == w.dtype() && (!bias.defined() || bias.dtype() == x.dtype()), "linear: expected one type but the input is ", x.dtype(),
                    ", the weights ", w.dtype(), bias.defined() ? text(" and the bias ", bias.dtype()) : std::string());
  Shape shape = x.shape();
  shape.back() = w.shape()[0];
  Tensor out = empty(shape, x.dtype());
  if (out.numel() == 0) return out;
  count_work(2 * out.numel() * w.shape()[1], bytes_of(x, w, bias, out));
  // A 2-D transposed input is taken as it lies; inputs of other ranks must be rows in memory order.
  Operand a = x.dim() == 2 ? as_operand(x) : Operand{contiguous(x), false, x.shape().back()}, b = as_operand(w);
  Tensor shift = bias.defined() ? contiguous(bias) : bias;
  int64_t k = w.shape()[1], n = w.shape()[0], m = out.numel() / n;
  dispatch_floating("linear", x.dtype(), [&]<class T>() {
    gemm<T>(a.transposed, !b.transposed, m, n, k, a.tensor.data<T>(), a.row_length, b.tensor.data<T>(), b.row_length, out.mutable_data<T>(), n,
            Epilogue<T>{nullptr, shift.defined() ? shift.data<T>() : nullptr, act});
  });
  return out;
}

}  // namespace tare::kernels
