// Iterations that need products with a matrix only.
#include <cmath>

#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/matrices.h"
#include "autograd/ops/reduce.h"
#include "core/context.h"

namespace tare {

Tensor newton_schulz(const Tensor& g, int64_t steps, std::array<double, 3> coefficients, double eps) {
  check<ShapeError>(g.dim() >= 2, "newton_schulz: expected a matrix or a batch of matrices but the shape is ", g.shape());
  check<ValueError>(steps >= 0, "newton_schulz: expected at least 0 steps, not ", steps);
  bool tall = g.size(-2) > g.size(-1);
  Tensor x = tall ? transpose(g) : g;  // the product with itself is then the smaller one
  x = x / (norm(x, 2, {-2, -1}, true) + eps);
  auto [a, b, c] = coefficients;
  for (int64_t i = 0; i < steps; i++) {
    Tensor s = matmul(x, transpose(x));
    Tensor p = c == 0 ? s * b : s * b + matmul(s, s) * c;
    x = x * a + matmul(p, x);
  }
  return tall ? transpose(x) : x;
}

SingularTriple power_iteration(const Tensor& a, const Tensor& u0, int64_t steps, double eps) {
  check<ShapeError>(a.dim() >= 2 && u0.shape() == a.shape().slice(0, -1), "power_iteration: expected a matrix (*, m, n) and a vector (*, m) but the shapes are ", a.shape(),
                    " and ", u0.shape());
  check<ValueError>(steps >= 1, "power_iteration: expected at least 1 step, not ", steps);
  auto times = [](const Tensor& m, const Tensor& v) { return squeeze(matmul(m, unsqueeze(v, -1)), {-1}); };
  Tensor u = u0.detach(), v;
  {
    NoGrad off;
    for (int64_t i = 0; i < steps; i++) {
      v = normalize(times(transpose(a), u), 2, -1, eps);
      u = normalize(times(a, v), 2, -1, eps);
    }
  }
  return {sum(u * times(a, v), {-1}), u, v};
}

Tensor Lanczos::matrix() const {
  int64_t k = diagonal.numel();
  Tensor t = diag_embed(diagonal);
  return k < 2 ? t : t + diag_embed(off_diagonal, 1) + diag_embed(off_diagonal, -1);
}

std::pair<Tensor, Tensor> Lanczos::spectrum() const {
  auto [w, v] = eigh(matrix());
  return {w, square(select(v, 0, 0))};
}

// beta_j q_(j+1) = A q_j - alpha_j q_j - beta_(j-1) q_(j-1); subtracting the projections on all earlier q twice keeps them orthogonal in
// floating point.
Lanczos lanczos(const std::function<Tensor(const Tensor&)>& map, const Tensor& start, int64_t steps) {
  check<ShapeError>(start.dim() == 1 && start.numel() > 0, "lanczos: expected a vector to start from but the shape is ", start.shape());
  check<ValueError>(steps >= 1, "lanczos: expected at least 1 step, not ", steps);
  double length = norm(start.detach()).item();
  check<ValueError>(std::isfinite(length) && length > 0, "lanczos: the start vector has the length ", length);
  std::vector<double> diagonal, off_diagonal;
  Tensors basis{start.detach() / length};
  double scale = 0;
  for (int64_t j = 0; j < std::min(steps, start.numel()); j++) {
    Tensor image = map(basis.back()).detach();
    check<ShapeError>(image.shape() == start.shape(), "lanczos: the map took ", start.shape(), " to ", image.shape());
    NoGrad off;
    double alpha = dot(basis.back(), image).item();
    check<LinAlgError>(std::isfinite(alpha), "lanczos: step ", j, " of the map gave numbers that are not finite");
    diagonal.push_back(alpha);
    Tensor q = stack(basis, 1);
    for (int pass = 0; pass < 2; pass++) image = image - matmul(q, matmul(transpose(q), image));
    double beta = norm(image).item();
    scale = std::max({scale, std::abs(alpha), beta});
    if (j + 1 == std::min(steps, start.numel()) || beta <= 10 * precision_of(start.dtype()) * scale) break;
    off_diagonal.push_back(beta);
    basis.push_back(image / beta);
  }
  auto vector = [&](const std::vector<double>& v) { return from_vector(v, {int64_t(v.size())}, start.dtype()); };
  return {vector(diagonal), vector(off_diagonal), stack(basis, 1)};
}

}  // namespace tare
