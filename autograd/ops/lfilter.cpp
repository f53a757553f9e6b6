#include "autograd/ops/lfilter.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/lfilter.h"
#include "kernels/promote.h"

namespace tare {
namespace {

/// Coefficients (B, n), (1, n) or (n) as (rows, to), zeros behind.
Tensor padded(const Tensor& c, int64_t rows, int64_t to) {
  Tensor wide = c.dim() == 1 ? unsqueeze(c, 0) : c;
  if (wide.size(1) < to) wide = pad(wide, {0, to - wide.size(1)});
  return expand(wide, {rows, to});
}

// The adjoint. With x and y continued by zeros on either side, and zi by zeros after M,
//
//     y_t = sum_k b_k x_(t-k) - sum_(k>=1) a_k y_(t-k) + zi_(t+1) for t < T,    zf_j = the same right-hand side at t = T + j - 1, j = 1 .. M:
//
// the state is what the past still has to say. Let w_t be the multiplier of the first equation and w_(T+j-1) = h_j the gradient of zf_j. A y_t stands in its own equation and, times
// -a_k, in that k steps later:
//
//     w_t = g_t - sum_k a_k w_(t+k)
//
// an all-pole filter of g, run from the end, whose former outputs are h_1, h_2, ...; as a state, s_j = -sum_(k>=j) a_k h_(k-j+1). The rest are products with w:
//
//     dx_t = sum_k b_k w_(t+k),   db_k = sum_t w_t x_(t-k),   da_k = -sum_t w_t y_(t-k),   dzi_j = w_(j-1)
//
// over all T + M multipliers. They are recorded operations, so that derivatives of any order follow.
Tensors adjoint(const Tensors& grads, const Tensors& inputs, const Tensors& outputs, Needs needs) {
  const Tensor &b = inputs[0], &a = inputs[1], &x = inputs[2], &y = outputs[0], &g = grads[0], &h = grads[1];
  int64_t rows = x.size(0), length = x.size(1), m = h.size(1);
  Tensors start;
  for (int64_t j = 0; j < m; j++) start.push_back(-sum(narrow(a, 1, j, m - j) * narrow(h, 1, 0, m - j), {1}));
  Tensor zi = m > 0 ? stack(start, 1) : zeros({rows, 0}, x.dtype());
  Tensor one = zeros({rows, m + 1}, x.dtype());
  one = cat({ones({rows, 1}, x.dtype()), narrow(one, 1, 0, m)}, 1);
  Tensor w = cat({flip(lfilter(one, a, flip(g, {1}), zi).first, {1}), h}, 1);
  Tensors out(4);
  if (needs[0]) {
    Tensors db;
    for (int64_t k = 0; k <= m; k++) db.push_back(sum(narrow(w, 1, k, length) * x, {1}));
    out[0] = stack(db, 1);
  }
  if (needs[1] && m > 0) {
    Tensors da;
    for (int64_t k = 1; k <= m; k++) da.push_back(-sum(narrow(w, 1, k, length) * y, {1}));
    out[1] = stack(da, 1);
  }
  if (needs[2])
    for (int64_t k = 0; k <= m; k++) {
      Tensor part = narrow(b, 1, k, 1) * narrow(w, 1, k, length);
      out[2] = out[2].defined() ? out[2] + part : part;
    }
  if (needs[3]) out[3] = narrow(w, 1, 0, m);
  return out;
}

}  // namespace

std::pair<Tensor, Tensor> lfilter(const Tensor& given_b, const Tensor& given_a, const Tensor& given_x, const Tensor& given_zi, std::string_view form) {
  check<ConfigError>(form == "tdf2", "lfilter: unknown form \"", form, "\"; expected tdf2, the transposed direct form II");
  int64_t rows = given_x.dim() == 2 ? given_x.size(0) : 0;
  auto coefficients = [&](const Tensor& c) { return c.dim() == 1 || (c.dim() == 2 && (c.size(0) == 1 || c.size(0) == rows)); };
  check<ShapeError>(given_x.dim() == 2 && coefficients(given_b) && coefficients(given_a) && given_b.shape().back() >= 1,
                    "lfilter: expected signals x (B, T) and coefficients b, at least one, and a, (n), (1, n) or (B, n), but they are ", given_x.shape(), ", ", given_b.shape(),
                    " and ", given_a.shape());
  int64_t m = std::max(given_b.shape().back() - 1, given_a.shape().back());
  if (given_zi.defined())
    check<ShapeError>(given_zi.shape() == Shape{rows, m} || given_zi.shape() == Shape{1, m}, "lfilter: expected a state zi ", Shape{rows, m},
                      " (B, max(nb - 1, na)) but it is ", given_zi.shape());
  DType dtype = kernels::floating_type(given_x.dtype());
  for (const Tensor* t : {&given_b, &given_a, &given_zi})
    if (t->defined() && t->dtype() == DType::float64) dtype = DType::float64;
  auto as_one = [&](const Tensor& t) { return t.dtype() == dtype ? t : to(t, dtype); };
  Tensor b = as_one(padded(given_b, rows, m + 1)), a = as_one(padded(given_a, rows, m)), x = as_one(given_x);
  Tensor zi = given_zi.defined() ? as_one(expand(given_zi, {rows, m})) : zeros({rows, m}, dtype);
  auto [y, zf] = kernels::lfilter(b, a, x, zi);
  Tensors out = custom_vjp("lfilter", {y, zf}, {b, a, x, zi}, adjoint);
  return {out[0], out[1]};
}

}  // namespace tare
