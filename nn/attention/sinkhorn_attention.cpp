#include "nn/attention/sinkhorn_attention.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/attention/multihead_attention.h"

namespace tare::nn {

// With K = C / eps, f = u / eps + log N and g = v / eps a step on rows is f = -logsumexp over columns of (K + g): the old f cancels. A step on columns is
// g = log(N / M) - logsumexp over rows of (K + f), and A = exp(K + f + g).
Tensor sinkhorn(const Tensor& scores, int64_t n_iters, double eps) {
  check<ShapeError>(scores.dim() >= 2, "sinkhorn: expected scores (*, N, M) but the shape is ", scores.shape());
  check<ValueError>(eps > 0 && n_iters >= 0, "sinkhorn: expected eps > 0 and n_iters of at least 0, not ", eps, " and ", n_iters);
  double queries = double(scores.size(-2)), keys = double(scores.size(-1));
  Tensor k = eps == 1 ? scores : scores / eps, rows = k, columns = k;  // K + f and K + g
  for (int64_t i = 0; i < n_iters; i++) {
    if (i % 2 == 0) rows = k - logsumexp(columns, {-1}, true);
    else columns = k - logsumexp(rows, {-2}, true) + std::log(queries / keys);
  }
  if (n_iters == 0) return exp(k) * queries;
  return exp(n_iters == 1 ? rows : rows + columns - k);
}

void SinkhornAttentionOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("heads", heads);
  v.option("dim_head", dim_head);
  v.option("n_iters", n_iters);
  v.option("eps", eps);
  v.option("dropout", dropout);
}

SinkhornAttention::SinkhornAttention(Options o)
    : options(o), to_qkv({.in_features = std::max<int64_t>(o.dim, 1), .out_features = std::max<int64_t>(3 * o.heads * o.dim_head, 1), .bias = false}) {
  check<ConfigError>(o.dim >= 1 && o.heads >= 1 && o.dim_head >= 1, type, ": dim, heads and dim_head must be at least 1, not ", o.dim, ", ", o.heads, " and ",
                     o.dim_head);
  check<ConfigError>(o.n_iters >= 1 && o.eps > 0, type, ": n_iters must be at least 1 and eps greater than 0, not ", o.n_iters, " and ", o.eps);
  check<ConfigError>(o.dropout >= 0 && o.dropout <= 1, type, ": expected dropout between 0 and 1, not ", o.dropout);
  if (o.heads > 1 || o.dim_head != o.dim) to_out.emplace(o.heads * o.dim_head, o.dim);
}

void SinkhornAttention::visit(Visitor& v) {
  v.child("to_qkv", to_qkv);
  if (to_out) v.child("to_out", *to_out);
}

Tensor SinkhornAttention::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 3 && x.size(2) == options.dim, type, ": expected (B, N, ", options.dim, ") but the input is ", x.shape());
  Tensors qkv = chunk(to_qkv(x), 3, -1);
  for (Tensor& t : qkv) t = heads_of(t, options.heads, true);
  Tensor scores = matmul(qkv[0] / std::sqrt(double(options.dim_head)), transpose(qkv[1]));
  Tensor y = join_heads(matmul(sinkhorn(scores, options.n_iters, options.eps), qkv[2]), true);
  return to_out ? dropout((*to_out)(y), options.dropout, training()) : y;
}

template class Layer<SinkhornAttention>;

}  // namespace tare::nn
