// Choosing and blending: where, lerp.
#include "kernels/elementwise.h"
#include "kernels/elementwise_driver.h"
#include "kernels/promote.h"

namespace tare::kernels {
namespace {

template <class T>
void where_row(const char* const* in, char* out, const int64_t* step, int64_t n, const void*) {
  const char *c = in[0], *a = in[1], *b = in[2];
  if (step[0] == 1 && step[3] == sizeof(T)) {  // both sides may be one number or a row: steps 0 or 1
    int64_t sa = step[1] / int64_t(sizeof(T)), sb = step[2] / int64_t(sizeof(T));
    const T *pa = reinterpret_cast<const T*>(a), *pb = reinterpret_cast<const T*>(b);
    const bool* pc = reinterpret_cast<const bool*>(c);
    T* y = reinterpret_cast<T*>(out);
    if (sa == 1 && sb == 1) {
      for (int64_t i = 0; i < n; i++) y[i] = pc[i] ? pa[i] : pb[i];
    } else {
      for (int64_t i = 0; i < n; i++) y[i] = pc[i] ? pa[i * sa] : pb[i * sb];
    }
    return;
  }
  for (int64_t i = 0; i < n; i++, c += step[0], a += step[1], b += step[2], out += step[3])
    *reinterpret_cast<T*>(out) = *reinterpret_cast<const bool*>(c) ? *reinterpret_cast<const T*>(a) : *reinterpret_cast<const T*>(b);
}

Tensor select(const Tensor& condition, const Operand& a, const Operand& b, const Shape& sides, DType type) {
  check<DTypeError>(condition.dtype() == DType::boolean, "where: expected a bool condition but it is ", condition.dtype(),
                    "; compare it first, as in ne(condition, 0)");
  Tensor out = empty(broadcast_shapes("where", condition.shape(), sides), type);
  Operand in[] = {condition, a, b};
  RowLoop loop = item_size(type) == 1 ? where_row<uint8_t> : item_size(type) == 4 ? where_row<uint32_t> : where_row<uint64_t>;
  run_rows(out, in, 3, loop, nullptr, kCheapGrain);
  return out;
}

Tensor as(const Tensor& x, DType type) { return x.dtype() == type ? x : to(x, type); }

// The form that is exact at both ends: from a for weights below one half, from b above.
template <class T>
void lerp_row(const char* const* in, char* out, const int64_t* step, int64_t n, const void*) {
  const char *a = in[0], *b = in[1], *w = in[2];
  for (int64_t i = 0; i < n; i++, a += step[0], b += step[1], w += step[2], out += step[3]) {
    T x = *reinterpret_cast<const T*>(a), y = *reinterpret_cast<const T*>(b), t = *reinterpret_cast<const T*>(w);
    *reinterpret_cast<T*>(out) = t < T(0.5) && t > T(-0.5) ? x + t * (y - x) : y - (y - x) * (T(1) - t);
  }
}

Tensor lerp_operands(const Operand& a, const Operand& b, const Operand& weight, const Shape& shape, DType type) {
  Tensor out = empty(shape, type);
  Operand in[] = {a, b, weight};
  run_rows(out, in, 3, type == DType::float32 ? lerp_row<float> : lerp_row<double>, nullptr, kCheapGrain);
  return out;
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  DType type = result_type(a, b);
  Tensor x = as(a, type), y = as(b, type);
  return select(condition, x, y, broadcast_shapes("where", a.shape(), b.shape()), type);
}
Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  DType type = result_type(a, b);
  Tensor x = as(a, type);
  return select(condition, x, {b, type}, a.shape(), type);
}
Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  DType type = result_type(a, b);
  Tensor y = as(b, type);
  return select(condition, {a, type}, y, b.shape(), type);
}

Tensor lerp(const Tensor& a, const Tensor& b, const Tensor& weight) {
  DType type = floating_type(promote(result_type(a, b), weight.dtype()));
  Tensor x = as(a, type), y = as(b, type), w = as(weight, type);
  return lerp_operands(x, y, w, broadcast_shapes("lerp", broadcast_shapes("lerp", a.shape(), b.shape()), weight.shape()), type);
}
Tensor lerp(const Tensor& a, const Tensor& b, const Scalar& weight) {
  DType type = floating_type(result_type(a, b));
  Tensor x = as(a, type), y = as(b, type);
  return lerp_operands(x, y, {weight, type}, broadcast_shapes("lerp", a.shape(), b.shape()), type);
}

}  // namespace tare::kernels
