// The driver behind every elementwise kernel: it turns tensors of any strides into rows, and calls one inner loop per row.
//
// Axes of size 1 are dropped, broadcast axes get stride 0, and neighbouring axes that every operand walks through in one
// step are merged, so that contiguous operands become a single row. Rows are cut into pieces by the number of elements,
// which run in parallel. An inner loop is a plain function: adding an operation adds one small loop per element type.
#pragma once

#include <type_traits>

#include "core/cpu.h"
#include "core/tensor.h"

namespace tare::kernels {

/// One row: `in[k]` and `out` point to its first elements, `step[k]` are bytes from one element to the next, the output's
/// last. `context` is the operation's own data (captured numbers), or null.
using RowLoop = void (*)(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context);

/// Elements from which on work is shared out: what costs about 0.1 and about 1 to 10 nanoseconds an element.
constexpr int64_t kCheapGrain = 32768;
constexpr int64_t kCostlyGrain = 8192;

/// An input: a tensor, or one number already of the element type the loop reads.
struct Operand {
  const Tensor* tensor = nullptr;
  alignas(8) char number[8] = {};
  Operand(const Tensor& t) : tensor(&t) {}
  Operand(const Scalar& s, DType as);
  DType dtype_or(DType other) const { return tensor ? tensor->dtype() : other; }
};

/// out[i] = loop(in_0[i], ..., in_{count-1}[i]); inputs broadcast to out's shape (which the caller derived from theirs).
void run_rows(const Tensor& out, const Operand* in, int count, RowLoop loop, const void* context, int64_t grain);

/// True for contiguous tensors of one shape and dtype with too few numbers to share out.
inline bool alike(const Tensor& a, const Tensor& b) {
  const TensorImpl &x = a.impl(), &y = b.impl();
  return x.dtype == y.dtype && x.contiguous && y.contiguous && x.shape == y.shape && x.shape.numel() <= kCostlyGrain;
}
/// loop(a, b) of two such tensors, into a new one of their kind.
Tensor run_alike(const Tensor& a, const Tensor& b, RowLoop loop, const void* context);

/// A loop over one input of type In; F maps In to Out.
template <class In, class Out, class F>
[[gnu::always_inline]] inline void unary_row_body(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context) {
  const F& f = *static_cast<const F*>(context);
  if (step[0] == sizeof(In) && step[1] == sizeof(Out)) {
    const In* x = reinterpret_cast<const In*>(in[0]);
    Out* y = reinterpret_cast<Out*>(out);
    TARE_UNROLLED
    for (int64_t i = 0; i < n; i++) y[i] = static_cast<Out>(f(x[i]));
    return;
  }
  const char* x = in[0];
  for (int64_t i = 0; i < n; i++, x += step[0], out += step[1]) *reinterpret_cast<Out*>(out) = static_cast<Out>(f(*reinterpret_cast<const In*>(x)));
}

/// A loop over two inputs of type In, with its own forms for contiguous rows and for one number against a row.
template <class In, class Out, class F>
[[gnu::always_inline]] inline void binary_row_body(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context) {
  const F& f = *static_cast<const F*>(context);
  if (step[2] == sizeof(Out)) {
    const In* a = reinterpret_cast<const In*>(in[0]);
    const In* b = reinterpret_cast<const In*>(in[1]);
    Out* y = reinterpret_cast<Out*>(out);
    if (step[0] == sizeof(In) && step[1] == sizeof(In)) {
      TARE_UNROLLED
      for (int64_t i = 0; i < n; i++) y[i] = static_cast<Out>(f(a[i], b[i]));
      return;
    }
    if (step[0] == sizeof(In) && step[1] == 0) {
      const In number = *b;
      TARE_UNROLLED
      for (int64_t i = 0; i < n; i++) y[i] = static_cast<Out>(f(a[i], number));
      return;
    }
    if (step[0] == 0 && step[1] == sizeof(In)) {
      const In number = *a;
      TARE_UNROLLED
      for (int64_t i = 0; i < n; i++) y[i] = static_cast<Out>(f(number, b[i]));
      return;
    }
  }
  const char *a = in[0], *b = in[1];
  for (int64_t i = 0; i < n; i++, a += step[0], b += step[1], out += step[2])
    *reinterpret_cast<Out*>(out) = static_cast<Out>(f(*reinterpret_cast<const In*>(a), *reinterpret_cast<const In*>(b)));
}

template <class In, class Out, class F>
void unary_row(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context) {
  unary_row_body<In, Out, F>(in, out, step, n, context);
}
template <class In, class Out, class F>
TARE_WIDE void wide_unary_row(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context) {
  unary_row_body<In, Out, F>(in, out, step, n, context);
}
template <class In, class Out, class F>
void binary_row(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context) {
  binary_row_body<In, Out, F>(in, out, step, n, context);
}
template <class In, class Out, class F>
TARE_WIDE void wide_binary_row(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context) {
  binary_row_body<In, Out, F>(in, out, step, n, context);
}

/// Floats have a form in wide vectors: data in cache moves twice as fast. The other types are not worth their code.
template <class In, class Out>
inline constexpr bool kWideForm = std::is_same_v<In, float> && std::is_same_v<Out, float>;
template <class In, class Out, class F>
RowLoop best_unary_row() {
  if constexpr (kWideForm<In, Out>)
    if (has_wide_vectors()) return wide_unary_row<In, Out, F>;
  return unary_row<In, Out, F>;
}
template <class In, class Out, class F>
RowLoop best_binary_row() {
  if constexpr (kWideForm<In, Out>)
    if (has_wide_vectors()) return wide_binary_row<In, Out, F>;
  return binary_row<In, Out, F>;
}

/// out (of type Out) = f(x) for x of type In.
template <class In, class Out, class F>
Tensor map_as(const Tensor& x, const F& f, int64_t grain) {
  Tensor out = empty(x.shape(), dtype_of<Out>::value);
  Operand in[] = {x};
  run_rows(out, in, 1, best_unary_row<In, Out, F>(), &f, grain);
  return out;
}

}  // namespace tare::kernels
