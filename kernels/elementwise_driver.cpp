#include "kernels/elementwise_driver.h"

#include <algorithm>
#include <cstring>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "core/cpu.h"
#include "core/parallel.h"
#include "kernels/counters.h"

namespace tare::kernels {
namespace {

constexpr int kMaxOperands = 5;  // inputs and the output

// The loop nest: sizes from the outermost to the innermost axis, and each operand's steps in bytes.
struct Nest {
  int rank = 0;
  int64_t size[Shape::max_rank];
  int64_t step[kMaxOperands][Shape::max_rank];
};

// Appends an axis, merging it with the one before when every operand walks through both in equal steps.
void push_axis(Nest& nest, int operands, int64_t size, const int64_t* step) {
  if (size == 1) return;
  if (nest.rank > 0) {
    int last = nest.rank - 1;
    bool merge = true;
    for (int k = 0; k < operands && merge; k++) merge = nest.step[k][last] == step[k] * size;
    if (merge) {
      nest.size[last] *= size;
      for (int k = 0; k < operands; k++) nest.step[k][last] = step[k];
      return;
    }
  }
  nest.size[nest.rank] = size;
  for (int k = 0; k < operands; k++) nest.step[k][nest.rank] = step[k];
  nest.rank++;
}

// Elements [begin, end) of the nest in row-major order.
void run_range(const Nest& nest, int count, const char* const* base, char* out_base, RowLoop loop, const void* context, int64_t begin, int64_t end) {
  int inner = nest.rank - 1;
  int64_t row_step[kMaxOperands];
  for (int k = 0; k <= count; k++) row_step[k] = nest.step[k][inner];
  int64_t index[Shape::max_rank];
  int64_t rest = begin;
  for (int d = inner; d >= 0; d--) {
    index[d] = rest % nest.size[d];
    rest /= nest.size[d];
  }
  auto offset = [&](int k) {
    int64_t at = 0;
    for (int d = 0; d <= inner; d++) at += index[d] * nest.step[k][d];
    return at;
  };
  const char* in[kMaxOperands];
  for (int k = 0; k < count; k++) in[k] = base[k] + offset(k);
  char* out = out_base + offset(count);
  auto move = [&](int d, int64_t by) {
    for (int k = 0; k < count; k++) in[k] += by * nest.step[k][d];
    out += by * nest.step[count][d];
  };
  for (;;) {
    int64_t n = std::min(nest.size[inner] - index[inner], end - begin);
    loop(in, out, row_step, n, context);
    if ((begin += n) == end) return;
    // On to the next row; only the first one starts within.
    if (index[inner]) move(inner, -index[inner]), index[inner] = 0;
    int d = inner - 1;
    for (; ++index[d] == nest.size[d]; d--) move(d, 1 - nest.size[d]), index[d] = 0;
    move(d, 1);
  }
}

// Stores past the cache. An ordinary store first reads the line it writes to, and pushes another one out; a result that will be gone
// from the last-level cache before anybody reads it pays for both in vain: adding two tensors of 16 MiB moves 80 instead of 48 MiB in
// that way. The row loops need not know: they write 1 KiB to the stack, which goes on from there.
//
// How much of a result: what inputs and result together have beyond three quarters of the cache, in whole pieces spread evenly; the sum
// of two such tensors in 32 MiB of cache all (0.72 instead of 0.95 ms on two cores), a map from one to the next half. Milliseconds of
// such a map with ordinary stores, half and all past the cache: 0.89, 0.78, 0.73 in a chain through six tensors; 0.46, 0.50, 0.71 when
// the next one reads the result and the first one's input is its result.
struct PastCache {
  RowLoop loop;
  const void* context;
  int count;
};

// Complete lines of 64 bytes. Such stores wait in no order in the core until flush_stores().
#ifdef __SSE2__
[[gnu::target("avx512f")]] void wide_store_past_cache(char* to, const char* from, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_load_si512(from + i));
}
#endif
void store_past_cache(char* to, const char* from, int64_t bytes) {
#ifdef __SSE2__
  if (has_512_bit_vectors()) return wide_store_past_cache(to, from, bytes);
  for (int64_t i = 0; i < bytes; i += 16)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_load_si128(reinterpret_cast<const __m128i*>(from + i)));
#else
  std::memcpy(to, from, size_t(bytes));
#endif
}
void flush_stores() {
#ifdef __SSE2__
  _mm_sfence();
#endif
}

// In 256ths of the output's pieces; and which of the pieces.
constexpr int64_t kWhole = 256;
int64_t share_past_cache(int64_t all_bytes, int64_t out_bytes) {
  int64_t beyond = all_bytes - last_level_cache_bytes() / 4 * 3;
  return std::clamp(beyond * kWhole / out_bytes, int64_t{0}, kWhole);
}
bool in_share(int64_t piece, int64_t share) { return (piece + 1) * share / kWhole > piece * share / kWhole; }

void past_cache_row(const char* const* in, char* out, const int64_t* step, int64_t n, const void* context) {
  constexpr int64_t kLine = 64, kBuffer = 1024;
  const PastCache& c = *static_cast<const PastCache*>(context);
  int64_t size = step[c.count];  // the output's rows are dense
  alignas(kLine) char buffer[kBuffer];
  const char* at[kMaxOperands];
  std::copy(in, in + c.count, at);
  auto run = [&](char* to, int64_t some) {
    c.loop(at, to, step, some, c.context);
    for (int k = 0; k < c.count; k++) at[k] += some * step[k];
    n -= some, out += some * size;
  };
  int64_t to_line = -reinterpret_cast<intptr_t>(out) & (kLine - 1);
  if (to_line) run(out, std::min(n, to_line / size));
  while (n >= kBuffer / size) {
    char* to = out;
    run(buffer, kBuffer / size);
    store_past_cache(to, buffer, kBuffer);
  }
  if (n) run(out, n);
}

}  // namespace

Operand::Operand(const Scalar& s, DType as) {
  dispatch(as, [&]<class T>() {
    T v = s.as<T>();
    std::memcpy(number, &v, sizeof v);
  });
}

Tensor run_alike(const Tensor& a, const Tensor& b, RowLoop loop, const void* context) {
  Tensor out = empty(a.shape(), a.dtype());
  int64_t n = a.numel(), size = item_size(a.dtype()), step[] = {size, size, size};
  const char* in[] = {static_cast<const char*>(a.raw()), static_cast<const char*>(b.raw())};
  count_work(n, 3 * n * size);
  if (n > 0) loop(in, static_cast<char*>(out.mutable_raw()), step, n, context);
  return out;
}

void run_rows(const Tensor& out, const Operand* in, int count, RowLoop loop, const void* context, int64_t grain) {
  const TensorImpl& o = out.impl();
  const Shape& shape = o.shape;
  int64_t numel = shape.numel();
  if (numel == 0) return;
  int64_t out_size = item_size(o.dtype), in_bytes = 0;
  const char* base[kMaxOperands];
  int64_t step[kMaxOperands];
  // Flat: every operand is one number or as dense as the output.
  bool flat = o.contiguous;
  for (int k = 0; k < count; k++) {
    step[k] = 0;
    base[k] = in[k].number;
    if (!in[k].tensor) continue;
    const TensorImpl& t = in[k].tensor->impl();
    int64_t size = item_size(t.dtype), n;
    base[k] = static_cast<const char*>(t.storage->data) + t.offset * size;
    if (t.contiguous && t.shape == shape) n = numel, step[k] = size;
    else n = t.shape.numel(), flat = flat && n == 1;
    in_bytes += n * size;
  }
  step[count] = out_size;
  count_work(numel, in_bytes + numel * out_size);
  char* out_base = static_cast<char*>(out.mutable_raw());
  PastCache streamed{loop, context, count};
  int64_t share = o.contiguous ? share_past_cache(in_bytes + numel * out_size, numel * out_size) : 0;
  for (int k = 0; k < count; k++) share = base[k] == out_base ? 0 : share;  // in place, the line is there already

  if (flat) {
    if (numel <= grain) return loop(base, out_base, step, numel, context);
    parallel_for(numel, grain, [&](int64_t begin, int64_t end) {
      const char* at[kMaxOperands];
      for (int k = 0; k < count; k++) at[k] = base[k] + begin * step[k];
      if (!in_share(begin / grain, share)) return loop(at, out_base + begin * out_size, step, end - begin, context);
      past_cache_row(at, out_base + begin * out_size, step, end - begin, &streamed);
      flush_stores();
    });
    return;
  }

  Nest nest;
  int rank = shape.size();
  for (int d = 0; d < rank; d++) {
    for (int k = 0; k < count; k++) {
      step[k] = 0;
      if (!in[k].tensor) continue;
      const TensorImpl& t = in[k].tensor->impl();
      int axis = d - (rank - t.shape.size());
      if (axis >= 0 && t.shape[axis] != 1) step[k] = t.strides[axis] * item_size(t.dtype);
    }
    step[count] = out.strides()[d] * out_size;
    push_axis(nest, count + 1, shape[d], step);
  }
  if (nest.rank == 0) {
    std::fill(step, step + kMaxOperands, 0);
    return loop(base, out_base, step, 1, context);
  }
  parallel_for(numel, grain, [&](int64_t begin, int64_t end) {
    if (!in_share(begin / grain, share)) return run_range(nest, count, base, out_base, loop, context, begin, end);
    run_range(nest, count, base, out_base, past_cache_row, &streamed, begin, end);
    flush_stores();
  });
}

}  // namespace tare::kernels
