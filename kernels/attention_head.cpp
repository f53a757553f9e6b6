// Flash attention (Dao et al. 2022) for caches: scores exist only as a strip of a few queries by one block of keys.
//
// Forward, for each block of keys (K^T and V packed into panels once): S = q K^T, then with the running maximum m and sum l of each query
//   m' = max(m, max S),  P = e^(S - m'),  l' = l e^(m - m') + sum P,  O' = O e^(m - m') + P V,  and in the end  out = O / l.
// Backward, with L = m + log l saved and D = sum(grad * out) by query:
//   P = e^(S - L),  dV += P^T grad,  dS = P (grad V^T - D) scale,  dQ += dS K,  dK += dS^T Q.
// 4 (forward) and 10 flops (backward) for each score and number of a head row, on data in L1 and L2: bound by arithmetic.
#include "kernels/attention_head.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/panels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_head.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include "kernels/attention_rows-inl.h"

// Constants and layouts that do not depend on the target.
#ifndef TARE_KERNELS_ATTENTION_HEAD_ONCE
#define TARE_KERNELS_ATTENTION_HEAD_ONCE
namespace tare::kernels {

constexpr int64_t kKeyBlock = 128;
// Queries whose scores exist at a time, at most: 12 KiB of floats with a block of keys. Causal ones see keys up to the last of their strip, so
// that lower strips compute less in vain.
constexpr int64_t kQueryStrip = 24, kCausalStrip = 16;

// Hands out consecutive parts of the workspace, each on a cache line.
template <class T>
struct WorkspaceParts {
  T* next;
  T* take(int64_t numbers) {
    T* p = next;
    next += whole_panels<T>(numbers);
    return p;
  }
};

}  // namespace tare::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {

// How many of the keys [from, from + n) a query sees: the first ones.
template <class T>
HWY_INLINE int64_t SeenKeys(const AttentionHead<T>& head, int64_t query, int64_t from, int64_t n) {
  return head.causal ? std::clamp<int64_t>(query + 1 - from, 0, n) : n;
}

// Rows [begin, end) times `factor`, contiguous in `to`.
template <class T>
HWY_INLINE void CopyRows(const HeadRows<const T>& from, int64_t begin, int64_t end, int64_t size, T factor, T* to) {
  for (int64_t i = begin; i < end; i++)
    for (int64_t j = 0; j < size; j++) *to++ = from.data[i * from.stride + j] * factor;
}

template <class T>
HWY_INLINE int64_t StripHeight(const AttentionHead<T>& head) {
  return head.causal ? kCausalStrip : kQueryStrip;
}

// Keys from which on no query before `query_end` looks.
template <class T>
HWY_INLINE int64_t VisibleKeys(const AttentionHead<T>& head, int64_t query_end) {
  return head.causal ? std::min(head.keys, query_end) : head.keys;
}

template <class T>
HWY_INLINE void Queries(const AttentionHead<T>& head, const HeadRows<T>& out, int64_t begin, int64_t end, T* workspace) {
  constexpr T minus_infinity = -std::numeric_limits<T>::infinity();
  const int64_t value_width = whole_panels<T>(head.value_size);
  WorkspaceParts<T> parts{workspace};
  T* keys = parts.take(head.size * kKeyBlock);
  T* values = parts.take(whole_panels<T>(head.value_size) * kKeyBlock);
  T* query = parts.take(kQueryBlock * head.size);
  T* scores = parts.take(kQueryStrip * kKeyBlock);
  T* sums = parts.take(kQueryBlock * whole_panels<T>(head.value_size));
  T top[kQueryBlock], total[kQueryBlock];
  std::fill(top, top + kQueryBlock, minus_infinity);
  std::fill(total, total + kQueryBlock, T(0));
  CopyRows(head.q, begin, end, head.size, head.scale, query);

  const int64_t visible = VisibleKeys(head, end);
  for (int64_t from = 0; from < visible; from += kKeyBlock) {
    const int64_t block = std::min(kKeyBlock, visible - from);
    pack_transposed_panels(head.k.data + from * head.k.stride, head.k.stride, head.size, block, keys);
    pack_panels(head.v.data + from * head.v.stride, head.v.stride, block, head.value_size, values);
    for (int64_t i = begin; i < end; i += StripHeight(head)) {
      const int64_t strip = std::min(StripHeight(head), end - i), n = std::min(block, VisibleKeys(head, i + strip) - from);
      if (n <= 0) continue;
      const int64_t whole = whole_panels<T>(n);
      T* sum = sums + (i - begin) * value_width;
      multiply_panels(strip, whole, head.size, query + (i - begin) * head.size, head.size, 1, keys, head.size, scores, kKeyBlock, false);
      // Two loops, so that the rows of each overlap in the processor: a row alone waits for its maximum and for its sum.
      T before[kQueryStrip];
      for (int64_t r = 0; r < strip; r++) {
        T* score = scores + r * kKeyBlock;
        const int64_t seen = SeenKeys(head, i + r, from, n);
        MaskScores(head.mask, i + r, from, seen, score);
        T& m = top[i - begin + r];
        before[r] = m;
        m = std::max(m, RowMaximum(score, seen));
      }
      for (int64_t r = 0; r < strip; r++) {
        T &m = top[i - begin + r], &l = total[i - begin + r];
        // Nothing seen yet: weights of 0, where -inf - -inf would be NaN.
        const T row_sum = ExpRow(scores + r * kKeyBlock, m == minus_infinity ? T(0) : m, SeenKeys(head, i + r, from, n), whole);
        if (before[r] == m) {
          l += row_sum;
        } else {
          const T shrink = std::exp(before[r] - m);
          l = l * shrink + row_sum;
          if (from > 0) ScaleRow(sum + r * value_width, shrink, value_width);
        }
      }
      multiply_panels(strip, value_width, n, scores, kKeyBlock, 1, values, block, sum, value_width, from > 0);
    }
  }
  for (int64_t i = begin; i < end; i++) {
    const T l = total[i - begin], share = l > 0 || l != l ? 1 / l : T(0);
    T* to = out.data + i * out.stride;
    const T* sum = sums + (i - begin) * value_width;
    for (int64_t j = 0; j < head.value_size; j++) to[j] = share != 0 ? sum[j] * share : T(0);
    head.logsumexp[i] = l == 0 ? minus_infinity : top[i - begin] + std::log(l);
  }
}

template <class T>
HWY_INLINE void StoreRows(const T* from, int64_t width, int64_t rows, int64_t size, const HeadRows<T>& to, int64_t begin) {
  for (int64_t i = 0; i < rows; i++) std::copy(from + i * width, from + i * width + size, to.data + (begin + i) * to.stride);
}

template <class T>
HWY_INLINE void Gradients(const AttentionHead<T>& head, const AttentionHeadGradients<T>& g, T* workspace) {
  const int64_t width = whole_panels<T>(head.size), value_width = whole_panels<T>(head.value_size);
  WorkspaceParts<T> parts{workspace};
  T* keys_across = parts.take(head.size * kKeyBlock);          // K^T in panels, for the scores
  T* values_across = parts.take(head.value_size * kKeyBlock);  // V^T in panels, for grad V^T
  T* keys = parts.take(whole_panels<T>(head.size) * kKeyBlock);         // K in panels, for dQ
  T* query = parts.take(kQueryStrip * head.size);
  T* query_panels = parts.take(kQueryStrip * whole_panels<T>(head.size));
  T* grad = parts.take(kQueryStrip * head.value_size);
  T* grad_panels = parts.take(kQueryStrip * whole_panels<T>(head.value_size));
  T* weights = parts.take(kQueryStrip * kKeyBlock);
  T* slopes = parts.take(kQueryStrip * kKeyBlock);
  T* dk = parts.take(kKeyBlock * whole_panels<T>(head.size));
  T* dv = parts.take(kKeyBlock * whole_panels<T>(head.value_size));
  T* dq = parts.take(head.queries * whole_panels<T>(head.size));
  const int64_t queries = g.query_end - g.query_begin;
  if (g.dq.data) std::fill(dq, dq + queries * width, T(0));

  for (int64_t from = g.key_begin; from < g.key_end; from += kKeyBlock) {
    const int64_t block = std::min(kKeyBlock, g.key_end - from);
    pack_transposed_panels(head.k.data + from * head.k.stride, head.k.stride, head.size, block, keys_across);
    pack_transposed_panels(head.v.data + from * head.v.stride, head.v.stride, head.value_size, block, values_across);
    if (g.dq.data) pack_panels(head.k.data + from * head.k.stride, head.k.stride, block, head.size, keys);
    std::fill(dk, dk + block * width, T(0));
    std::fill(dv, dv + block * value_width, T(0));
    // A causal query before the block sees none of its keys.
    const int64_t first = head.causal ? std::max(g.query_begin, from) : g.query_begin;
    for (int64_t i = first; i < g.query_end; i += StripHeight(head)) {
      const int64_t strip = std::min(StripHeight(head), g.query_end - i), n = std::min(block, VisibleKeys(head, i + strip) - from);
      const int64_t whole = whole_panels<T>(n);
      CopyRows(head.q, i, i + strip, head.size, head.scale, query);
      CopyRows(g.grad, i, i + strip, head.value_size, T(1), grad);
      multiply_panels(strip, whole, head.size, query, head.size, 1, keys_across, head.size, weights, kKeyBlock, false);
      multiply_panels(strip, whole, head.value_size, grad, head.value_size, 1, values_across, head.value_size, slopes, kKeyBlock, false);
      for (int64_t r = 0; r < strip; r++) {
        T *p = weights + r * kKeyBlock, *ds = slopes + r * kKeyBlock;
        const T lse = head.logsumexp[i + r], delta = DotRow(grad + r * head.value_size, g.out.data + (i + r) * g.out.stride, head.value_size);
        const int64_t seen = lse == -std::numeric_limits<T>::infinity() ? 0 : SeenKeys(head, i + r, from, n);
        MaskScores(head.mask, i + r, from, seen, p);
        GradientRow(p, ds, lse, delta, head.scale, seen, whole);
      }
      if (g.dv.data) {
        pack_panels(grad, head.value_size, strip, head.value_size, grad_panels);
        multiply_panels(n, value_width, strip, weights, 1, kKeyBlock, grad_panels, strip, dv, value_width, true);
      }
      if (g.dk.data) {
        pack_panels(head.q.data + i * head.q.stride, head.q.stride, strip, head.size, query_panels);
        multiply_panels(n, width, strip, slopes, 1, kKeyBlock, query_panels, strip, dk, width, true);
      }
      if (g.dq.data) multiply_panels(strip, width, n, slopes, kKeyBlock, 1, keys, block, dq + (i - g.query_begin) * width, width, true);
    }
    if (g.dk.data) StoreRows(dk, width, block, head.size, g.dk, from);
    if (g.dv.data) StoreRows(dv, value_width, block, head.value_size, g.dv, from);
  }
  if (g.dq.data) StoreRows(dq, width, queries, head.size, g.dq, g.query_begin);
}

void QueriesFloat(const AttentionHead<float>& head, const HeadRows<float>& out, int64_t begin, int64_t end, float* workspace) {
  Queries(head, out, begin, end, workspace);
}
void QueriesDouble(const AttentionHead<double>& head, const HeadRows<double>& out, int64_t begin, int64_t end, double* workspace) {
  Queries(head, out, begin, end, workspace);
}
void GradientsFloat(const AttentionHead<float>& head, const AttentionHeadGradients<float>& g, float* workspace) { Gradients(head, g, workspace); }
void GradientsDouble(const AttentionHead<double>& head, const AttentionHeadGradients<double>& g, double* workspace) { Gradients(head, g, workspace); }

}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tare::kernels {

int64_t attention_workspace(int64_t queries, int64_t size, int64_t value_size) {
  // The parts that Gradients takes, which are more than those of Queries, in panels of floats, which are wider than those of doubles.
  int64_t rows = 3 * kKeyBlock + 2 * kQueryStrip + kQueryBlock;
  return whole_panels<float>(size) * (rows + queries) + whole_panels<float>(value_size) * rows + 2 * kQueryStrip * kKeyBlock;
}

HWY_EXPORT(QueriesFloat);
HWY_EXPORT(QueriesDouble);
HWY_EXPORT(GradientsFloat);
HWY_EXPORT(GradientsDouble);

void attention_queries(const AttentionHead<float>& head, HeadRows<float> out, int64_t begin, int64_t end, float* workspace) {
  HWY_DYNAMIC_DISPATCH(QueriesFloat)(head, out, begin, end, workspace);
}
void attention_queries(const AttentionHead<double>& head, HeadRows<double> out, int64_t begin, int64_t end, double* workspace) {
  HWY_DYNAMIC_DISPATCH(QueriesDouble)(head, out, begin, end, workspace);
}
void attention_gradients(const AttentionHead<float>& head, const AttentionHeadGradients<float>& g, float* workspace) {
  HWY_DYNAMIC_DISPATCH(GradientsFloat)(head, g, workspace);
}
void attention_gradients(const AttentionHead<double>& head, const AttentionHeadGradients<double>& g, double* workspace) {
  HWY_DYNAMIC_DISPATCH(GradientsDouble)(head, g, workspace);
}

}  // namespace tare::kernels
#endif  // HWY_ONCE
