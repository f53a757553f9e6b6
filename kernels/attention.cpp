#include "kernels/attention.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/parallel.h"
#include "kernels/dense.h"

namespace tare::kernels {
namespace {

struct AttentionShape {
  int64_t batch, heads, queries, keys, size, value_size;
};

AttentionShape attention_shape(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
  check<ShapeError>(q.dim() == 4 && k.dim() == 4 && v.dim() == 4, "attention: expected q, k and v of shape [batch, heads, time, size] but they are ",
                    q.shape(), ", ", k.shape(), " and ", v.shape());
  const Shape &a = q.shape(), &b = k.shape(), &c = v.shape();
  check<ShapeError>(a[0] == b[0] && a[0] == c[0] && a[1] == b[1] && a[1] == c[1] && a[3] == b[3] && b[2] == c[2], "attention: q ", a, ", k ", b,
                    " and v ", c, " do not fit: batch and heads must agree, q and k in size, k and v in time");
  check<DTypeError>(q.dtype() == k.dtype() && q.dtype() == v.dtype(), "attention: q, k and v are ", q.dtype(), ", ", k.dtype(), " and ", v.dtype(),
                    "; they must be of one type");
  if (mask.defined()) {
    check<DTypeError>(mask.dtype() == DType::boolean || mask.dtype() == q.dtype(), "attention: the mask must be bool or ", q.dtype(), ", not ",
                      mask.dtype());
    Shape scores{a[0], a[1], a[2], b[2]};
    check<ShapeError>(broadcast_shapes("attention", mask.shape(), scores) == scores, "attention: the mask ", mask.shape(), " does not broadcast to ",
                      scores);
  }
  return {a[0], a[1], a[2], b[2], a[3], c[3]};
}

// The mask as a function of (batch, head, query, key): strides of 0 where it broadcasts.
struct MaskView {
  const void* data = nullptr;
  bool boolean = false;
  int64_t stride[4] = {};
  explicit MaskView(const Tensor& mask) {
    if (!mask.defined()) return;
    data = mask.raw();
    boolean = mask.dtype() == DType::boolean;
    int skip = 4 - mask.dim();
    for (int i = 0; i < mask.dim(); i++) stride[skip + i] = mask.shape()[i] == 1 ? 0 : mask.strides()[i];
  }
  template <class T>
  T add(int64_t b, int64_t h, int64_t i, int64_t j) const {
    if (!data) return 0;
    int64_t at = b * stride[0] + h * stride[1] + i * stride[2] + j * stride[3];
    if (boolean) return static_cast<const bool*>(data)[at] ? T(0) : -std::numeric_limits<T>::infinity();
    return static_cast<const T*>(data)[at];
  }
};

template <class T>
void score_row(const T* q, const T* k, const AttentionShape& s, const MaskView& mask, int64_t bh, int64_t i, bool causal, T scale, T* score) {
  for (int64_t j = 0; j < s.keys; j++) {
    T dot = 0;
    for (int64_t d = 0; d < s.size; d++) dot += q[d] * k[j * s.size + d];
    score[j] = causal && j > i ? -std::numeric_limits<T>::infinity() : dot * scale + mask.add<T>(bh / s.heads, bh % s.heads, i, j);
  }
}

}  // namespace

AttentionResult attention(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& mask, bool is_causal, double scale) {
  AttentionShape s = attention_shape(query, key, value, mask);
  Tensor q = dense(query), k = dense(key), v = dense(value);
  AttentionResult r{empty({s.batch, s.heads, s.queries, s.value_size}, q.dtype()), empty({s.batch, s.heads, s.queries}, q.dtype())};
  MaskView view(mask);
  dispatch_floating("attention", q.dtype(), [&]<class T>() {
    constexpr T minus_infinity = -std::numeric_limits<T>::infinity();
    parallel_pieces(s.batch * s.heads, [&](int64_t bh) {
      std::vector<T> score(size_t(s.keys) + 1);
      const T *qh = q.data<T>() + bh * s.queries * s.size, *kh = k.data<T>() + bh * s.keys * s.size, *vh = v.data<T>() + bh * s.keys * s.value_size;
      for (int64_t i = 0; i < s.queries; i++) {
        score_row(qh + i * s.size, kh, s, view, bh, i, is_causal, T(scale), score.data());
        T top = minus_infinity;
        for (int64_t j = 0; j < s.keys; j++) top = std::max(top, score[size_t(j)]);
        T* out = r.out.mutable_data<T>() + (bh * s.queries + i) * s.value_size;
        std::fill(out, out + s.value_size, T(0));
        T& lse = r.logsumexp.mutable_data<T>()[bh * s.queries + i];
        lse = minus_infinity;
        if (top == minus_infinity) continue;
        T total = 0;
        for (int64_t j = 0; j < s.keys; j++) {
          T p = std::exp(score[size_t(j)] - top);
          total += p;
          for (int64_t d = 0; d < s.value_size; d++) out[d] += p * vh[j * s.value_size + d];
        }
        for (int64_t d = 0; d < s.value_size; d++) out[d] /= total;
        lse = top + std::log(total);
      }
    });
  });
  return r;
}

AttentionGrads attention_backward(const Tensor& gradient, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& mask,
                                  bool is_causal, double scale, const AttentionResult& saved) {
  AttentionShape s = attention_shape(query, key, value, mask);
  Tensor g = dense(gradient), q = dense(query), k = dense(key), v = dense(value), o = dense(saved.out);
  check<ShapeError>(g.shape() == o.shape(), "attention_backward: the gradient ", g.shape(), " must have the shape of the output ", o.shape());
  AttentionGrads r{zeros_raw(q.shape(), q.dtype()), zeros_raw(k.shape(), k.dtype()), zeros_raw(v.shape(), v.dtype())};
  MaskView view(mask);
  dispatch_floating("attention", q.dtype(), [&]<class T>() {
    parallel_pieces(s.batch * s.heads, [&](int64_t bh) {
      std::vector<T> score(size_t(s.keys) + 1);
      int64_t at_q = bh * s.queries * s.size, at_k = bh * s.keys * s.size, at_v = bh * s.keys * s.value_size;
      const T *qh = q.data<T>() + at_q, *kh = k.data<T>() + at_k, *vh = v.data<T>() + at_v;
      T *dq = r.dq.mutable_data<T>() + at_q, *dk = r.dk.mutable_data<T>() + at_k, *dv = r.dv.mutable_data<T>() + at_v;
      for (int64_t i = 0; i < s.queries; i++) {
        T lse = saved.logsumexp.data<T>()[bh * s.queries + i];
        if (std::isinf(lse)) continue;
        const T *go = g.data<T>() + (bh * s.queries + i) * s.value_size, *out = o.data<T>() + (bh * s.queries + i) * s.value_size;
        score_row(qh + i * s.size, kh, s, view, bh, i, is_causal, T(scale), score.data());
        T delta = 0;
        for (int64_t d = 0; d < s.value_size; d++) delta += go[d] * out[d];
        for (int64_t j = 0; j < s.keys; j++) {
          T p = std::exp(score[size_t(j)] - lse), dp = 0;
          for (int64_t d = 0; d < s.value_size; d++) {
            dp += go[d] * vh[j * s.value_size + d];
            dv[j * s.value_size + d] += p * go[d];
          }
          T ds = p * (dp - delta) * T(scale);
          for (int64_t d = 0; d < s.size; d++) {
            dq[i * s.size + d] += ds * kh[j * s.size + d];
            dk[j * s.size + d] += ds * qh[i * s.size + d];
          }
        }
      }
    });
  });
  return r;
}

}  // namespace tare::kernels
