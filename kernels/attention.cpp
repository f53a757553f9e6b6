// The parallel loops of attention: heads, and blocks of queries or keys within a head (attention_head.cpp does one).
#include "kernels/attention.h"

#include <algorithm>
#include <type_traits>

#include "core/parallel.h"
#include "kernels/attention_head.h"
#include "kernels/counters.h"
#include "kernels/dense.h"

namespace tare::kernels {
namespace {

struct AttentionShape {
  int64_t batch, heads, queries, keys, size, value_size;
  int64_t all_heads() const { return batch * heads; }
  /// Of the two products; a causal query sees half of the keys.
  int64_t flops(bool causal) const { return all_heads() * queries * keys * 2 * (size + value_size) / (causal ? 2 : 1); }
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

// Only the numbers of one row need to lie together.
Tensor with_dense_rows(const Tensor& t) { return t.strides()[3] == 1 || t.shape()[3] == 1 ? t : dense(t); }

// A new (B, H, T, size) tensor laid out as `like` is: a model that keeps heads inside time, (B, T, H, size), gets its results that way.
Tensor laid_out_like(const Tensor& like, int64_t size) {
  Shape s = like.shape();
  if (s[1] == 1 || like.strides()[1] > like.strides()[2]) return empty({s[0], s[1], s[2], size}, like.dtype());
  Tensor packed = empty({s[0], s[2], s[1], size}, like.dtype());
  return view_of(packed, {s[0], s[1], s[2], size}, {s[2] * s[1] * size, size, s[1] * size, 1}, 0);
}

template <class T>
HeadRows<T> head_rows(const Tensor& t, int64_t b, int64_t h) {
  const Shape& s = t.strides();
  return {t.mutable_data<std::remove_const_t<T>>() + b * s[0] + h * s[1], s[2]};
}

HeadMask head_mask(const Tensor& mask, int64_t b, int64_t h) {
  if (!mask.defined()) return {};
  int64_t stride[4] = {}, skip = 4 - mask.dim();  // 0 where it broadcasts
  for (int i = 0; i < mask.dim(); i++) stride[skip + i] = mask.shape()[i] == 1 ? 0 : mask.strides()[i];
  const char* data = static_cast<const char*>(mask.raw()) + (b * stride[0] + h * stride[1]) * item_size(mask.dtype());
  return {data, mask.dtype() == DType::boolean, stride[2], stride[3]};
}

template <class T>
AttentionHead<T> head_of(const AttentionShape& s, int64_t bh, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool causal,
                         double scale, const Tensor& logsumexp) {
  int64_t b = bh / s.heads, h = bh % s.heads;
  return {s.queries, s.keys, s.size, s.value_size, head_rows<const T>(q, b, h), head_rows<const T>(k, b, h), head_rows<const T>(v, b, h),
          head_mask(mask, b, h), causal, T(scale), logsumexp.mutable_data<T>() + bh * s.queries};
}

// Workspace of one piece of work: pieces run at the same time, so it is never shared.
template <class T>
Tensor workspace_for(const AttentionShape& s) {
  return empty({attention_workspace(s.queries, s.size, s.value_size)}, dtype_of<T>::value);
}

// From this many heads on a head is a piece of work of its own in the backward pass. With fewer, blocks of keys (for dk and dv) and
// blocks of queries (for dq) are, at the price of computing the scores twice.
constexpr int64_t kManyHeads = 8;

}  // namespace

AttentionResult attention(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& mask, bool is_causal, double scale) {
  AttentionShape s = attention_shape(query, key, value, mask);
  Tensor q = with_dense_rows(query), k = with_dense_rows(key), v = with_dense_rows(value);
  AttentionResult r{laid_out_like(q, s.value_size), empty({s.batch, s.heads, s.queries}, q.dtype())};
  if (r.out.numel() == 0) return r;
  count_work(s.flops(is_causal), bytes_of(q, k, v, mask, r.out, r.logsumexp));
  dispatch_floating("attention", q.dtype(), [&]<class T>() {
    int64_t blocks = (s.queries + kQueryBlock - 1) / kQueryBlock;
    parallel_pieces(s.all_heads() * blocks, [&](int64_t piece) {
      Tensor workspace = workspace_for<T>(s);
      int64_t bh = piece / blocks, begin = piece % blocks * kQueryBlock;
      attention_queries(head_of<T>(s, bh, q, k, v, mask, is_causal, scale, r.logsumexp), head_rows<T>(r.out, bh / s.heads, bh % s.heads), begin,
                        std::min(s.queries, begin + kQueryBlock), workspace.mutable_data<T>());
    });
  });
  return r;
}

AttentionGrads attention_backward(const Tensor& gradient, const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& mask,
                                  bool is_causal, double scale, const AttentionResult& saved) {
  AttentionShape s = attention_shape(query, key, value, mask);
  check<ShapeError>(gradient.shape() == saved.out.shape(), "attention_backward: the gradient ", gradient.shape(),
                    " must have the shape of the output ", saved.out.shape());
  check<DTypeError>(gradient.dtype() == query.dtype(), "attention_backward: the gradient is ", gradient.dtype(), " but q is ", query.dtype());
  Tensor g = with_dense_rows(gradient), q = with_dense_rows(query), k = with_dense_rows(key), v = with_dense_rows(value);
  AttentionGrads r{laid_out_like(q, s.size), laid_out_like(k, s.size), laid_out_like(v, s.value_size)};
  count_work(5 * s.flops(is_causal) / 2, bytes_of(g, q, k, v, mask, r.dq, r.dk, r.dv));  // scores again, dv, dp, dq and dk
  dispatch_floating("attention", q.dtype(), [&]<class T>() {
    auto run = [&](int64_t bh, int64_t query_begin, int64_t query_end, int64_t key_begin, int64_t key_end, bool dq, bool dkv) {
      int64_t b = bh / s.heads, h = bh % s.heads;
      AttentionHeadGradients<T> out{head_rows<const T>(g, b, h), head_rows<const T>(saved.out, b, h), head_rows<T>(r.dq, b, h),
                                    head_rows<T>(r.dk, b, h), head_rows<T>(r.dv, b, h), query_begin, query_end, key_begin, key_end};
      if (!dq) out.dq.data = nullptr;
      if (!dkv) out.dk.data = out.dv.data = nullptr;
      Tensor workspace = workspace_for<T>(s);
      attention_gradients(head_of<T>(s, bh, q, k, v, mask, is_causal, scale, saved.logsumexp), out, workspace.mutable_data<T>());
    };
    if (s.all_heads() >= kManyHeads || s.keys <= kQueryBlock)
      return parallel_pieces(s.all_heads(), [&](int64_t bh) { run(bh, 0, s.queries, 0, s.keys, true, true); });
    int64_t key_blocks = (s.keys + kQueryBlock - 1) / kQueryBlock, query_blocks = (s.queries + kQueryBlock - 1) / kQueryBlock;
    parallel_pieces(s.all_heads() * (key_blocks + query_blocks), [&](int64_t piece) {
      int64_t bh = piece / (key_blocks + query_blocks), block = piece % (key_blocks + query_blocks);
      if (block < key_blocks) {
        int64_t begin = block * kQueryBlock;
        run(bh, 0, s.queries, begin, std::min(s.keys, begin + kQueryBlock), false, true);
      } else {
        int64_t begin = (block - key_blocks) * kQueryBlock, end = std::min(s.queries, begin + kQueryBlock);
        run(bh, begin, end, 0, is_causal ? std::min(s.keys, end) : s.keys, true, false);
      }
    });
  });
  return r;
}

}  // namespace tare::kernels
