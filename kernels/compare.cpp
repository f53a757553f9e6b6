// Comparisons, which compute in the promoted type and give bools, and logic, which asks each input whether it is not 0.
#include "kernels/binary_driver.h"

namespace tare::kernels {
namespace {

struct Equal {
  template <class T> bool operator()(T a, T b) const { return a == b; }
};
struct NotEqual {
  template <class T> bool operator()(T a, T b) const { return a != b; }
};
struct Less {
  template <class T> bool operator()(T a, T b) const { return a < b; }
};
struct LessEqual {
  template <class T> bool operator()(T a, T b) const { return a <= b; }
};

template <class F>
Tensor logical(const char* what, const Tensor& a, const Tensor& b, const F& f) {
  return Pair(what, a, b, DType::boolean).map<bool, bool>(f, kCheapGrain);
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return binary_bool("eq", a, b, Equal{}); }
Tensor eq(const Tensor& a, const Scalar& b) { return binary_bool("eq", a, b, Equal{}); }
Tensor ne(const Tensor& a, const Tensor& b) { return binary_bool("ne", a, b, NotEqual{}); }
Tensor ne(const Tensor& a, const Scalar& b) { return binary_bool("ne", a, b, NotEqual{}); }
Tensor lt(const Tensor& a, const Tensor& b) { return binary_bool("lt", a, b, Less{}); }
Tensor lt(const Tensor& a, const Scalar& b) { return binary_bool("lt", a, b, Less{}); }
Tensor le(const Tensor& a, const Tensor& b) { return binary_bool("le", a, b, LessEqual{}); }
Tensor le(const Tensor& a, const Scalar& b) { return binary_bool("le", a, b, LessEqual{}); }
Tensor gt(const Tensor& a, const Tensor& b) { return binary_bool("gt", b, a, Less{}); }
Tensor gt(const Tensor& a, const Scalar& b) { return binary_bool("gt", b, a, Less{}); }
Tensor ge(const Tensor& a, const Tensor& b) { return binary_bool("ge", b, a, LessEqual{}); }
Tensor ge(const Tensor& a, const Scalar& b) { return binary_bool("ge", b, a, LessEqual{}); }

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return logical("logical_and", a, b, [](bool x, bool y) { return bool(x & y); });
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return logical("logical_or", a, b, [](bool x, bool y) { return bool(x | y); });
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return logical("logical_xor", a, b, [](bool x, bool y) { return x != y; });
}

}  // namespace tare::kernels
