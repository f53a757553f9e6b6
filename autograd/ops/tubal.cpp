#include "autograd/ops/tubal.h"

#include "autograd/ops/complex.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/fft.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare {
namespace {

void check_tubes(std::string_view who, const Tensor& a) {
  check<ShapeError>(a.dim() == 3 && a.size(2) >= 1, who, ": expected a tensor [n1, n2, k] with k >= 1 but it is ", a.shape());
}

}  // namespace

Tensor t_product(const Tensor& a, const Tensor& b) {
  check_tubes("t_product", a);
  check_tubes("t_product", b);
  int64_t n1 = a.size(0), r = a.size(1), n2 = b.size(1), k = a.size(2);
  check<ShapeError>(b.size(0) == r && b.size(2) == k, "t_product: ", a.shape(), " * ", b.shape(), ": the inner sizes and the lengths of the tubes must be equal");
  std::vector<int64_t> source;  // block (t, s) of the circulant matrix is slice t - s
  for (int64_t t = 0; t < k; t++)
    for (int64_t s = 0; s < k; s++) source.push_back((t - s + k) % k);
  Tensor blocks = index_select(movedim(a, {2}, {0}), 0, from_vector(source, {k * k}));
  Tensor circulant = reshape(permute(reshape(blocks, {k, k, n1, r}), {0, 2, 1, 3}), {k * n1, k * r});
  Tensor stacked = reshape(movedim(b, {2}, {0}), {k * r, n2});
  return movedim(reshape(matmul(circulant, stacked), {k, n1, n2}), {0}, {2});
}

Tensor t_transpose(const Tensor& a) {
  check_tubes("t_transpose", a);
  int64_t k = a.size(2);
  std::vector<int64_t> source;
  for (int64_t t = 0; t < k; t++) source.push_back((k - t) % k);
  return index_select(transpose(a, 0, 1), 2, from_vector(source, {k}));
}

Tensor t_svdvals(const Tensor& a) {
  check_tubes("t_svdvals", a);
  int64_t m = std::min(a.size(0), a.size(1)), k = a.size(2);
  Tensor slices = movedim(fft(complex(a, zeros_like(a))), {2}, {0});  // (k, n1, n2, 2)
  Tensor re = select(slices, -1, 0), im = select(slices, -1, 1);
  // The real form of a complex matrix has each singular value twice; their mean has a derivative, one of the two alone has not.
  return transpose(mean(reshape(svdvals(block(re, -im, im, re)), {k, m, 2}), {2}));
}

Tensor t_identity(int64_t n, int64_t k, DType dtype) {
  Tensor first = unsqueeze(eye(n, n, dtype), 2);
  return k > 1 ? cat({first, zeros({n, n, k - 1}, dtype)}, 2) : first;
}

}  // namespace tare
