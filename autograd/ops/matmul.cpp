// Products of matrices and vectors.
#include "autograd/ops/matmul.h"

#include <algorithm>
#include <limits>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/gemm.h"
#include "kernels/gradients.h"
#include "kernels/promote.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

// Both operands have at least two axes. With Y = A B and G the gradient of Y: dA = G B^T, dB = A^T G; batch axes that were
// broadcast are summed by record.
Tensor batched(const Tensor& a, const Tensor& b) {
  // The gradient lies in memory as its operand does, so that a transposition between the two costs nothing.
  bool by_columns = b.strides()[b.dim() - 2] == 1 && b.strides()[b.dim() - 1] > 1;
  auto to_b = [a = saved(a), rank = b.dim(), by_columns](const Tensor& grad) {
    // One matrix for all batches: their products are summed inside a single one, over the union of their rows.
    if (rank == 2 && a->dim() > 2) return matmul(transpose(reshape(a, {-1, a->shape().back()})), reshape(grad, {-1, grad.shape().back()}));
    return by_columns ? transpose(matmul(transpose(grad), a)) : matmul(transpose(a), grad);
  };
  return record("matmul", kernels::matmul(a, b), from(a, [b = saved(b)](const Tensor& grad) { return matmul(grad, transpose(b)); }), from(b, to_b));
}

Tensor as(const Tensor& x, DType type) { return x.dtype() == type ? x : to(x, type); }

void expect_rank(const char* what, const Tensor& t, int rank) {
  check<ShapeError>(t.dim() == rank, what, ": expected ", rank == 1 ? "a vector" : rank == 2 ? "a matrix" : "a batch of matrices", " but the shape is ", t.shape());
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.dtype() < DType::int64) {
    DType type = promote(promote(a.dtype(), b.dtype()), DType::int64);
    return matmul(as(a, type), as(b, type));
  }
  if (a.dim() >= 2 && b.dim() >= 2) return batched(a, b);
  Shape shape = kernels::matmul_shape("matmul", a.shape(), b.shape());
  // A vector is a row on the left and a column on the right; the axis added for it leaves the result again.
  Tensor rows = a.dim() == 1 ? reshape(a, {1, a.numel()}) : a;
  Tensor columns = b.dim() == 1 ? reshape(b, {b.numel(), 1}) : b;
  return reshape(batched(rows, columns), shape);
}

namespace {

// max(0, x weight^T + bias). Where the output is 0 nothing flows back.
Tensor linear_relu(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  auto backward = [](const Tensors& grads, const Tensors& in, const Tensors& out, Needs needs) {
    int64_t size = in[0].shape().back(), width = in[1].shape()[0];
    Tensor grad = kernels::threshold_backward(grads[0], out[0], 0), rows = reshape(grad, {-1, width});
    return Tensors{needs[0] ? kernels::matmul(grad, in[1]) : Tensor(),
                   needs[1] ? kernels::matmul(transpose(rows), reshape(in[0], {-1, size})) : Tensor(),
                   needs[2] ? kernels::sum(rows, {0}, false) : Tensor()};
  };
  auto composed = [](const Tensors& in) { return Tensors{relu(linear(in[0], in[1], in[2]))}; };
  return fused("linear_relu", kernels::linear(x, weight, bias, kernels::Activation::relu), {x, weight, bias}, backward, composed);
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, bool relu) {
  if (relu) return linear_relu(x, weight, bias);
  auto to_x = [w = saved(weight)](const Tensor& grad) { return matmul(grad, w); };
  // All leading axes of x are samples: one product over their union.
  auto to_weight = [x = saved(x)](const Tensor& grad) {
    return matmul(transpose(reshape(grad, {-1, grad.shape().back()})), reshape(x, {-1, x->shape().back()}));
  };
  auto to_bias = [](const Tensor& grad) { return grad; };  // summed over the samples by record
  if (!bias.defined()) return record("linear", kernels::linear(x, weight, bias), from(x, to_x), from(weight, to_weight));
  return record("linear", kernels::linear(x, weight, bias), from(x, to_x), from(weight, to_weight), from(bias, to_bias));
}

// y = sum_ij x1_i W_oij x2_j: x1 W as one product, then a sum over j.
Tensor bilinear(const Tensor& x1, const Tensor& x2, const Tensor& weight, const Tensor& bias) {
  check<ShapeError>(weight.dim() == 3 && x1.dim() >= 1 && x1.shape().slice(0, -1) == x2.shape().slice(0, -1) && x1.size(-1) == weight.shape()[1] &&
                        x2.dim() >= 1 && x2.size(-1) == weight.shape()[2],
                    "bilinear: inputs of shapes ", x1.shape(), " and ", x2.shape(), " do not fit a weight [out, in1, in2] of shape ", weight.shape());
  int64_t out = weight.shape()[0], in1 = weight.shape()[1], in2 = weight.shape()[2];
  Shape shape = x1.shape();
  shape.back() = out;
  Tensor left = matmul(reshape(x1, {-1, in1}), reshape(permute(weight, {1, 0, 2}), {in1, out * in2}));
  Tensor y = reshape(sum(reshape(left, {-1, out, in2}) * reshape(x2, {-1, 1, in2}), {-1}), shape);
  return bias.defined() ? y + bias : y;
}

Tensor mm(const Tensor& a, const Tensor& b) {
  expect_rank("mm", a, 2), expect_rank("mm", b, 2);
  return matmul(a, b);
}
Tensor mv(const Tensor& a, const Tensor& b) {
  expect_rank("mv", a, 2), expect_rank("mv", b, 1);
  return matmul(a, b);
}
Tensor dot(const Tensor& a, const Tensor& b) {
  expect_rank("dot", a, 1), expect_rank("dot", b, 1);
  return matmul(a, b);
}
Tensor bmm(const Tensor& a, const Tensor& b) {
  expect_rank("bmm", a, 3), expect_rank("bmm", b, 3);
  check<ShapeError>(a.shape()[0] == b.shape()[0], "bmm: batches of ", a.shape(), " and ", b.shape(), " differ");
  return matmul(a, b);
}

namespace {
// beta * input + alpha * product; an input with beta = 0 is not looked at, even where it is NaN.
Tensor blend(const Tensor& input, const Tensor& product, double beta, double alpha) {
  auto scaled = [](const Tensor& t, double factor) {
    if (factor == 1) return t;
    return is_floating(t.dtype()) ? t * factor : t * static_cast<int64_t>(factor);
  };
  if (beta == 0) return scaled(product, alpha) + to(zeros_raw(input.shape(), product.dtype()), product.dtype());
  return scaled(input, beta) + scaled(product, alpha);
}
}  // namespace

Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) { return blend(input, mm(a, b), beta, alpha); }
Tensor addmv(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) { return blend(input, mv(a, b), beta, alpha); }
Tensor baddbmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) { return blend(input, bmm(a, b), beta, alpha); }
Tensor addr(const Tensor& input, const Tensor& a, const Tensor& b, double beta, double alpha) { return blend(input, outer(a, b), beta, alpha); }

Tensor outer(const Tensor& a, const Tensor& b) {
  expect_rank("outer", a, 1), expect_rank("outer", b, 1);
  return unsqueeze(a, 1) * unsqueeze(b, 0);
}

Tensor inner(const Tensor& a, const Tensor& b) {
  if (a.dim() == 0 || b.dim() == 0) return a * b;
  check<ShapeError>(a.size(-1) == b.size(-1), "inner: the last sizes of ", a.shape(), " and ", b.shape(), " differ");
  return tensordot(a, b, {-1}, {-1});
}

// Axes of a and b alternate: (a_0, b_0, a_1, b_1, ...), then pairs merge.
Tensor kron(const Tensor& a, const Tensor& b) {
  int rank = std::max(a.dim(), b.dim());
  check<ShapeError>(2 * rank <= Shape::max_rank, "kron: at most ", Shape::max_rank / 2, " dimensions are supported, not ", rank);
  Shape wide_a, wide_b, merged;
  for (int d = 0; d < rank; d++) {
    int64_t p = d - (rank - a.dim()) >= 0 ? a.shape()[d - (rank - a.dim())] : 1, q = d - (rank - b.dim()) >= 0 ? b.shape()[d - (rank - b.dim())] : 1;
    wide_a.push_back(p), wide_a.push_back(1);
    wide_b.push_back(1), wide_b.push_back(q);
    merged.push_back(p * q);
  }
  return reshape(reshape(a, wide_a) * reshape(b, wide_b), merged);
}

Tensor tensordot(const Tensor& a, const Tensor& b, int64_t axes) {
  check<ValueError>(axes >= 0 && axes <= a.dim() && axes <= b.dim(), "tensordot: ", axes, " axes of ", a.shape(), " and ", b.shape(), " cannot be contracted");
  Shape last, first;
  for (int64_t i = 0; i < axes; i++) last.push_back(a.dim() - axes + i), first.push_back(i);
  return tensordot(a, b, last, first);
}

Tensor tensordot(const Tensor& a, const Tensor& b, const Shape& axes_a, const Shape& axes_b) {
  check<ShapeError>(axes_a.size() == axes_b.size(), "tensordot: expected as many axes of both, not ", axes_a, " and ", axes_b);
  Shape over_a = axes_a.empty() ? Shape{} : normalize_axes("tensordot", axes_a, a.dim());
  Shape over_b = axes_b.empty() ? Shape{} : normalize_axes("tensordot", axes_b, b.dim());
  // A size of 1 against another size stands for the sum of its own: the other side is summed.
  Tensor left = a, right = b;
  for (int i = 0; i < over_a.size(); i++) {
    int64_t n = left.shape()[int(over_a[i])], m = right.shape()[int(over_b[i])];
    check<ShapeError>(n == m || n == 1 || m == 1, "tensordot: axis ", axes_a[i], " of ", a.shape(), " and axis ", axes_b[i], " of ", b.shape(), " differ in size");
    if (n != m && n == 1) right = sum(right, {over_b[i]}, true);
    if (n != m && m == 1) left = sum(left, {over_a[i]}, true);
  }
  auto contains = [](const Shape& list, int64_t v) { return std::find(list.begin(), list.end(), v) != list.end(); };
  Shape order_a, order_b = over_b, shape;
  int64_t rows = 1, columns = 1, inside = 1;
  for (int d = 0; d < left.dim(); d++)
    if (!contains(over_a, d)) order_a.push_back(d), shape.push_back(left.shape()[d]), rows *= left.shape()[d];
  for (int64_t d : over_a) order_a.push_back(d), inside *= left.shape()[int(d)];
  for (int d = 0; d < right.dim(); d++)
    if (!contains(over_b, d)) order_b.push_back(d), shape.push_back(right.shape()[d]), columns *= right.shape()[d];
  return reshape(matmul(reshape(permute(left, order_a), {rows, inside}), reshape(permute(right, order_b), {inside, columns})), shape);
}

Tensor cross(const Tensor& a, const Tensor& b, int64_t axis) {
  Shape shape = broadcast_shapes("cross", a.shape(), b.shape());
  int d = normalize_axis("cross", axis, shape.size());
  check<ShapeError>(!shape.empty() && shape[d] == 3, "cross: expected vectors of length 3 along axis ", axis, " but the shapes are ", a.shape(), " and ", b.shape());
  Tensor x = expand(a, shape), y = expand(b, shape);
  // (a_1 b_2 - a_2 b_1, ...): components shifted around by one and by two.
  return roll(x, {-1}, {d}) * roll(y, {-2}, {d}) - roll(x, {-2}, {d}) * roll(y, {-1}, {d});
}

Tensor vecdot(const Tensor& a, const Tensor& b, int64_t axis) { return sum(a * b, {axis}); }

// The order that needs the fewest multiplications (Godbole 1973): cost(i, j) = min over k of cost(i, k) + cost(k+1, j) + p_i p_{k+1} p_{j+1}.
Tensor multi_dot(const Tensors& matrices) {
  size_t n = matrices.size();
  check<ShapeError>(n >= 2, "multi_dot: expected at least two tensors, not ", n);
  Tensors m = matrices;
  bool row = m[0].dim() == 1, column = m[n - 1].dim() == 1;
  if (row) m[0] = unsqueeze(m[0], 0);
  if (column) m[n - 1] = unsqueeze(m[n - 1], 1);
  std::vector<int64_t> p;
  for (const Tensor& t : m) {
    check<ShapeError>(t.dim() == 2, "multi_dot: expected matrices (the first and last may be vectors) but one has shape ", t.shape());
    p.push_back(t.shape()[0]);
  }
  p.push_back(m[n - 1].shape()[1]);
  std::vector<std::vector<double>> cost(n, std::vector<double>(n, 0));
  std::vector<std::vector<size_t>> best(n, std::vector<size_t>(n, 0));
  for (size_t length = 1; length < n; length++)
    for (size_t i = 0; i + length < n; i++) {
      size_t j = i + length;
      cost[i][j] = std::numeric_limits<double>::infinity();
      for (size_t k = i; k < j; k++) {
        double c = cost[i][k] + cost[k + 1][j] + double(p[i]) * double(p[k + 1]) * double(p[j + 1]);
        if (c < cost[i][j]) cost[i][j] = c, best[i][j] = k;
      }
    }
  auto product = [&](auto& self, size_t i, size_t j) -> Tensor {
    if (i == j) return m[i];
    return matmul(self(self, i, best[i][j]), self(self, best[i][j] + 1, j));
  };
  Tensor y = product(product, 0, n - 1);
  Shape shape;
  if (!row) shape.push_back(y.shape()[0]);
  if (!column) shape.push_back(y.shape()[1]);
  return reshape(y, shape);
}

}  // namespace tare
