// Two-input elementwise operations: promotion, conversion of the operands that need it, and the shape of the result.
#pragma once

#include <string_view>

#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"
#include "kernels/promote.h"

namespace tare::kernels {

/// The two inputs of an operation, converted to the type it computes in, and the shape of its result.
class Pair {
 public:
  Pair(std::string_view what, const Tensor& a, const Tensor& b, DType type)
      : shape_(a.shape() == b.shape() ? a.shape() : broadcast_shapes(what, a.shape(), b.shape())), type_(type),
        operands_{converted(a, made_a_), converted(b, made_b_)} {}
  Pair(std::string_view, const Tensor& a, const Scalar& b, DType type) : shape_(a.shape()), type_(type), operands_{converted(a, made_a_), {b, type}} {}
  Pair(std::string_view, const Scalar& a, const Tensor& b, DType type) : shape_(b.shape()), type_(type), operands_{{a, type}, converted(b, made_b_)} {}
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  DType type() const { return type_; }
  const Shape& shape() const { return shape_; }
  /// f over elements of type In, results of type Out.
  template <class In, class Out, class F>
  Tensor map(const F& f, int64_t grain) const {
    Tensor out = empty(shape_, dtype_of<Out>::value);
    run_rows(out, operands_, 2, best_binary_row<In, Out, F>(), &f, grain);
    return out;
  }
  /// True when the second input holds a 0 (of an integer type).
  bool divides_by_zero() const;

 private:
  // The caller's tensor where it is of the type already: operands outlive the pair.
  const Tensor& converted(const Tensor& x, Tensor& made) const {
    if (x.dtype() == type_) return x;
    made = to(x, type_);
    return made;
  }

  Tensor made_a_, made_b_;
  Shape shape_;
  DType type_;
  Operand operands_[2];
};

/// f of two small contiguous tensors of one shape and one floating type, or undefined for others: most operations of small models are of this
/// kind, and what the general way finds out about its inputs costs more than their numbers do.
template <class F>
Tensor binary_alike(const Tensor& a, const Tensor& b, const F& f) {
  if (!alike(a, b)) return {};
  if (a.dtype() == DType::float32) return run_alike(a, b, best_binary_row<float, float, F>(), &f);
  if (a.dtype() == DType::float64) return run_alike(a, b, best_binary_row<double, double, F>(), &f);
  return {};
}

/// f of the promoted type.
template <class A, class B, class F>
Tensor binary_same(std::string_view what, const A& a, const B& b, const F& f, int64_t grain = kCheapGrain) {
  if constexpr (std::is_same_v<A, Tensor> && std::is_same_v<B, Tensor>)
    if (Tensor y = binary_alike(a, b, f); y.defined()) return y;
  Pair pair(what, a, b, result_type(a, b));
  Tensor out;
  dispatch(pair.type(), [&]<class T>() { out = pair.map<T, T>(f, grain); });
  return out;
}

/// f of the promoted type, in floating numbers always.
template <class A, class B, class F>
Tensor binary_floating(std::string_view what, const A& a, const B& b, const F& f, int64_t grain = kCostlyGrain) {
  if constexpr (std::is_same_v<A, Tensor> && std::is_same_v<B, Tensor>)
    if (Tensor y = binary_alike(a, b, f); y.defined()) return y;
  Pair pair(what, a, b, floating_type(result_type(a, b)));
  return pair.type() == DType::float32 ? pair.map<float, float>(f, grain) : pair.map<double, double>(f, grain);
}

/// f of the promoted type, giving bools.
template <class A, class B, class F>
Tensor binary_bool(std::string_view what, const A& a, const B& b, const F& f) {
  Pair pair(what, a, b, result_type(a, b));
  Tensor out;
  dispatch(pair.type(), [&]<class T>() { out = pair.map<T, bool>(f, kCheapGrain); });
  return out;
}

}  // namespace tare::kernels
