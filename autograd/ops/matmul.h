// Products of matrices and vectors, and einsum.
#pragma once

#include <string_view>

#include "core/tensor.h"

namespace tare {

/// NumPy's matmul: 1-D, 2-D and batched operands with broadcasting batch axes.
Tensor matmul(const Tensor& a, const Tensor& b);
/// x (*, in), weight (out, in), bias (out) or undefined: x weight^T + bias, (*, out). With `relu`, negative results are cut to 0 in the same
/// pass.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, bool relu = false);
/// y_o = x1^T W_o x2 + bias_o. x1 (*, in1), x2 (*, in2), weight (out, in1, in2).
Tensor bilinear(const Tensor& x1, const Tensor& x2, const Tensor& weight, const Tensor& bias = {});
/// Matrix times matrix; matrix times vector; vector times vector; batches of matrices.
Tensor mm(const Tensor& a, const Tensor& b);
Tensor mv(const Tensor& a, const Tensor& b);
Tensor dot(const Tensor& a, const Tensor& b);
Tensor bmm(const Tensor& a, const Tensor& b);
/// beta * input + alpha * a b.
Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
Tensor addmv(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
Tensor baddbmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
/// beta * input + alpha * a b^T for vectors.
Tensor addr(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
/// a b^T of vectors.
Tensor outer(const Tensor& a, const Tensor& b);
/// Sums of products over the last axes.
Tensor inner(const Tensor& a, const Tensor& b);
/// The Kronecker product.
Tensor kron(const Tensor& a, const Tensor& b);
/// Contracts the last `axes` axes of a with the first of b; or the listed ones.
Tensor tensordot(const Tensor& a, const Tensor& b, int64_t axes = 2);
Tensor tensordot(const Tensor& a, const Tensor& b, const Shape& axes_a, const Shape& axes_b);
/// a x b of vectors of length 3 along an axis.
Tensor cross(const Tensor& a, const Tensor& b, int64_t axis = -1);
/// Sums of products along an axis, broadcasting.
Tensor vecdot(const Tensor& a, const Tensor& b, int64_t axis = -1);
/// Products of several matrices in the cheapest order.
Tensor multi_dot(const Tensors& matrices);
/// Einstein's summation: "bij,bjk->bik". Letters a-z and A-Z, "..." for broadcast axes, repeated letters for diagonals.
Tensor einsum(std::string_view equation, const Tensors& operands);
/// Distances of order p between rows of a (*, n, d) and b (*, m, d): (*, n, m).
Tensor cdist(const Tensor& a, const Tensor& b, double p = 2);
/// Distances between the rows of a, i < j, as a vector.
Tensor pdist(const Tensor& a, double p = 2);
/// Distance and cosine between corresponding vectors along an axis.
Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p = 2, double eps = 1e-6, bool keepdim = false);
Tensor cosine_similarity(const Tensor& a, const Tensor& b, int64_t axis = 1, double eps = 1e-8);

}  // namespace tare
