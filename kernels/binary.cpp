// Arithmetic of two tensors, or of a tensor and a number.
#include <cmath>

#include "kernels/binary_driver.h"

namespace tare::kernels {
namespace {

struct Add {
  template <class T> T operator()(T a, T b) const { return static_cast<T>(a + b); }  // bools: or
};
struct Sub {
  template <class T> T operator()(T a, T b) const { return static_cast<T>(a - b); }
};
struct Mul {
  template <class T> T operator()(T a, T b) const { return static_cast<T>(a * b); }  // bools: and
};
struct Div {
  template <class T> T operator()(T a, T b) const { return a / b; }
};
struct Maximum {
  template <class T> T operator()(T a, T b) const { return a > b || a != a ? a : b; }  // a NaN on either side comes through
};
struct Minimum {
  template <class T> T operator()(T a, T b) const { return a < b || a != a ? a : b; }
};
struct AddScaled {
  double alpha;
  template <class T> T operator()(T a, T b) const { return static_cast<T>(a + static_cast<T>(alpha) * b); }
};

template <class A, class B>
void refuse_bools(const A& a, const B& b) {
  check<DTypeError>(result_type(a, b) != DType::boolean, "sub: bool tensors have no difference; use logical_xor, or convert with to(x, DType::int64)");
}

}  // namespace

bool Pair::divides_by_zero() const {
  Tensor zero;
  bool found = false;
  dispatch(type_, [&]<class T>() {
    if (!operands_[1].tensor) {
      found = *reinterpret_cast<const T*>(operands_[1].number) == T(0);
      return;
    }
    if (shape_.numel() == 0) return;
    Tensor b = contiguous(*operands_[1].tensor);
    const T* p = static_cast<const T*>(b.raw());
    for (int64_t i = 0, n = b.numel(); i < n; i++) found = found || p[i] == T(0);
  });
  return found;
}

Tensor add(const Tensor& a, const Tensor& b) { return binary_same("add", a, b, Add{}); }
Tensor add(const Tensor& a, const Scalar& b) { return binary_same("add", a, b, Add{}); }
Tensor sub(const Tensor& a, const Tensor& b) { return refuse_bools(a, b), binary_same("sub", a, b, Sub{}); }
Tensor sub(const Tensor& a, const Scalar& b) { return refuse_bools(a, b), binary_same("sub", a, b, Sub{}); }
Tensor sub(const Scalar& a, const Tensor& b) { return refuse_bools(a, b), binary_same("sub", a, b, Sub{}); }
Tensor mul(const Tensor& a, const Tensor& b) { return binary_same("mul", a, b, Mul{}); }
Tensor mul(const Tensor& a, const Scalar& b) { return binary_same("mul", a, b, Mul{}); }
Tensor div(const Tensor& a, const Tensor& b) { return binary_floating("div", a, b, Div{}, kCheapGrain); }
Tensor div(const Tensor& a, const Scalar& b) { return binary_floating("div", a, b, Div{}, kCheapGrain); }
Tensor div(const Scalar& a, const Tensor& b) { return binary_floating("div", a, b, Div{}, kCheapGrain); }
Tensor maximum(const Tensor& a, const Tensor& b) { return binary_same("maximum", a, b, Maximum{}); }
Tensor maximum(const Tensor& a, const Scalar& b) { return binary_same("maximum", a, b, Maximum{}); }
Tensor minimum(const Tensor& a, const Tensor& b) { return binary_same("minimum", a, b, Minimum{}); }
Tensor minimum(const Tensor& a, const Scalar& b) { return binary_same("minimum", a, b, Minimum{}); }

void add_into(const Tensor& dst, const Tensor& src, double alpha) {
  check<ShapeError>(broadcast_shapes("add_into", dst.shape(), src.shape()) == dst.shape(), "add_into: a tensor of shape ", src.shape(),
                    " does not broadcast to the destination's shape ", dst.shape());
  Tensor addend = src.dtype() == dst.dtype() ? src : to(src, dst.dtype());
  Operand in[] = {dst, addend};
  AddScaled scaled{alpha};
  dispatch(dst.dtype(), [&]<class T>() {
    if (alpha == 1) run_rows(dst, in, 2, best_binary_row<T, T, Add>(), &scaled, kCheapGrain);
    else run_rows(dst, in, 2, best_binary_row<T, T, AddScaled>(), &scaled, kCheapGrain);
  });
}

}  // namespace tare::kernels
