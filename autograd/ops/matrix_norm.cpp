// Norms of matrices, condition numbers and ranks.
#include <cmath>
#include <limits>

#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/spectral.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/linalg.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

// The matrix's axes moved to the end.
Tensor with_last_axes(const char* what, const Tensor& a, const Shape& dim) {
  check<ShapeError>(a.dim() >= 2 && dim.size() == 2, what, ": expected at least two axes and a pair of them but the shape is ", a.shape(), " and dim is ", dim);
  check<DTypeError>(is_floating(a.dtype()), what, ": expected float32 or float64 but the input is ", a.dtype());
  normalize_axes(what, dim, a.dim());
  return movedim(a, dim, {-2, -1});
}

Tensor keep(const Tensor& y, const Tensor& a, const Shape& dim, bool keepdim) {
  if (!keepdim) return y;
  Shape shape = a.shape();
  for (int64_t axis : dim) shape[normalize_axis("matrix_norm", axis, a.dim())] = 1;
  return reshape(y, shape);
}

// The largest of nothing is 0, as in PyTorch.
Tensor extreme(const Tensor& x, bool largest) {
  if (x.size(-1) == 0 && largest) return sum(x, {-1});
  return largest ? amax(x, {-1}) : amin(x, {-1});
}

// The sum of singular values; its derivative is the polar factor, which exists where single singular values have none.
Tensor nuclear_norm(const Tensor& a) {
  return record("nuclear_norm", kernels::sum(kernels::singular_values(a), {-1}),
                from(a, [a = saved(a)](const Tensor& grad) { return per_matrix(grad) * polar(a); }));
}

}  // namespace

Tensor matrix_norm(const Tensor& a, std::string_view ord, const Shape& dim, bool keepdim) {
  if (ord == "fro") return with_last_axes("matrix_norm", a, dim), norm(a, 2, dim, keepdim);
  if (ord == "inf" || ord == "-inf") return matrix_norm(a, std::copysign(INFINITY, ord == "inf" ? 1 : -1), dim, keepdim);
  check<ValueError>(ord == "nuc", "matrix_norm: expected the order \"fro\", \"nuc\", inf, -inf, 1, -1, 2 or -2, not \"", ord, "\"");
  return keep(nuclear_norm(with_last_axes("matrix_norm", a, dim)), a, dim, keepdim);
}

Tensor matrix_norm(const Tensor& a, double ord, const Shape& dim, bool keepdim) {
  Tensor x = with_last_axes("matrix_norm", a, dim);
  double size = std::abs(ord);
  check<ValueError>(size == 1 || size == 2 || std::isinf(size), "matrix_norm: expected the order \"fro\", \"nuc\", inf, -inf, 1, -1, 2 or -2, not ", ord);
  return keep(extreme(size == 2 ? svdvals(x) : sum(abs(x), {size == 1 ? -2 : -1}), ord > 0), a, dim, keepdim);
}

Tensor vector_norm(const Tensor& x, double ord, const Shape& dim, bool keepdim) {
  check<DTypeError>(is_floating(x.dtype()), "vector_norm: expected float32 or float64 but the input is ", x.dtype());
  return norm(x, ord, dim, keepdim);
}

namespace {
template <class Order>
Tensor cond_by_inverse(const Tensor& a, Order p) {
  check<ShapeError>(a.dim() >= 2 && a.size(-1) == a.size(-2), "cond: this order is for square matrices but the shape is ", a.shape());
  if (a.numel() == 0) return zeros(a.shape().slice(0, -2), a.dtype());
  Tensor inverse;
  try {
    inverse = inv(a);
  } catch (const LinAlgError&) {
    if (a.dim() == 2) return full({}, INFINITY, a.dtype());
    // Matrix by matrix: the regular ones of the batch keep theirs.
    Tensors each;
    for (const Tensor& m : unbind(reshape(a, {-1, a.size(-2), a.size(-1)}))) each.push_back(cond_by_inverse(m, p));
    return reshape(stack(each), a.shape().slice(0, -2));
  }
  return matrix_norm(a, p) * matrix_norm(inverse, p);
}
}  // namespace

Tensor cond(const Tensor& a, double p) {
  if (std::abs(p) != 2) return cond_by_inverse(a, p);
  Tensor s = svdvals(a);
  if (s.size(-1) == 0) return sum(s, {-1});
  Tensor large = select(s, -1, 0), small = select(s, -1, -1);
  return p > 0 ? large / small : small / large;
}
Tensor cond(const Tensor& a, std::string_view p) {
  if (p == "inf" || p == "-inf") return cond(a, std::copysign(INFINITY, p == "inf" ? 1 : -1));
  return cond_by_inverse(a, p);
}

Tensor matrix_rank(const Tensor& a, std::optional<double> atol, std::optional<double> rtol) {
  NoGrad off;
  Tensor s = kernels::singular_values(a);
  if (s.size(-1) == 0) return zeros(s.shape().slice(0, -1), DType::int64);
  double relative = rtol.value_or(atol && *atol > 0 ? 0 : precision_of(a.dtype()) * double(std::max(a.size(-1), a.size(-2))));
  return kernels::count_nonzero(kernels::gt(s, clamp(amax(s, {-1}, true) * relative, Scalar(atol.value_or(0)))), {-1});
}

}  // namespace tare
