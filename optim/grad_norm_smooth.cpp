#include "optim/grad_norm_smooth.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "optim/class_gradients.h"
#include "optim/fields.h"
#include "optim/flat.h"
#include "optim/hutchinson.h"
#include "optim/measure.h"
#include "optim/sharpness/excursion.h"

namespace tare::optim {
namespace {

/// Up to here "auto" makes and factors the Hessian.
constexpr int64_t kFewParameters = 500;

using Map = std::function<Tensor(const Tensor&)>;

/// H as w -> product: J^T (first J x + second (u . J x) u) for the residual forms.
Map low_rank_map(const Tensor& j, const Tensor& u, double first, double second) {
  return [=](const Tensor& x) {
    Tensor jx = mv(j, x), inner = jx * first;
    if (second != 0) inner = inner + u * (second * dot_of(u, jx));
    return mv(transpose(j), inner);
  };
}

Tensor matrix_of(const Map& map, int64_t n, DType dtype) {
  Tensors columns;
  Tensor one = eye(n, n, dtype);
  for (int64_t k = 0; k < n; k++) columns.push_back(map(select(one, 0, k)));
  return stack(columns, 1);
}

}  // namespace

void GradNormSmoothOptions::visit(Visitor& v) {
  list_options(v, "gamma_0", gamma_0, "eps", eps, "gamma_min", gamma_min, "max_search", max_search, "adaptive", adaptive, "tol", tol, "hessian", hessian,
               "solver", solver, "p", p);
}

void GradNormSmooth::check_options(const GradNormSmoothOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.gamma_0 > 0 && o.gamma_min > 0, "GradNormSmooth: gamma_0 and gamma_min must be positive, not ", o.gamma_0, " and ", o.gamma_min);
  check<ConfigError>(o.max_search >= 0, "GradNormSmooth: max_search must be at least 0, not ", o.max_search);
  check<ConfigError>(o.hessian == "exact" || o.hessian == "gauss_newton" || o.hessian == "fisher" || o.hessian == "zero",
                     "GradNormSmooth: hessian must be \"exact\", \"gauss_newton\", \"fisher\" or \"zero\", not \"", o.hessian, "\"");
  check<ConfigError>(o.solver == "auto" || o.solver == "cholesky" || o.solver == "cg",
                     "GradNormSmooth: solver must be \"auto\", \"cholesky\" or \"cg\", not \"", o.solver, "\"");
}

Tensor conjugate_gradients(const Map& map, const Tensor& b, double lambda, double tol, int64_t most) {
  Tensor x = b * 0, r = b, p = b;
  double rr = dot_of(r, r), stop = tol * tol * rr;
  for (int64_t k = 0; k < most && rr > stop; k++) {
    Tensor ap = map(p) + p * lambda;
    double curvature = dot_of(p, ap);
    if (!(curvature > 0)) return {};
    double alpha = rr / curvature, before = rr;
    x = x + p * alpha;
    r = r - ap * alpha;
    rr = dot_of(r, r);
    p = r + p * (rr / before);
  }
  return x;
}

void GradNormSmooth::apply(Step& s) {
  const GradNormSmoothOptions& o = options();
  if (gamma_ == 0) gamma_ = o.gamma_0;
  evaluations_++;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) finite_gradient(s, i, type);
  auto value = [&] { return sum_of(s.loss) / double(s.loss.numel()); };
  Tensor g = flatten(s.params, s.grads);
  double norm = norm_of(g), f = value();
  if (norm < o.tol) return;
  int64_t n = g.numel();

  Tensor matrix;
  Map map;
  if (hess) {
    EnableGrad on;
    matrix = hess().detach();
    check<ShapeError>(matrix.shape() == Shape({n, n}), "GradNormSmooth: expected a Hessian of shape [", n, ", ", n, "] but hess() returned ", matrix.shape());
  } else if (o.hessian == "exact") {
    map = [&s, product = HessianProduct(s, type)](const Tensor& x) { return flatten(s.params, product(unflatten(s.params, x))); };
    evaluations_++;
  } else if (o.hessian != "zero") {
    check<StateError>(residuals || o.hessian == "fisher", "GradNormSmooth: \"gauss_newton\" needs the residuals: set optimizer.residuals");
    Step of_residuals{.params = s.params, .groups = s.groups, .grads = {}, .closure = residuals ? &residuals : s.closure};
    Tensor j = gradients_of_each(of_residuals, type).detach();
    if (residuals) {
      EnableGrad on;
      Tensor u = residuals().detach();
      double size = norm_of(u), first = std::pow(size, o.p - 2), second = o.p == 2 || size == 0 ? 0 : (o.p - 2) * std::pow(size, o.p - 4);
      map = low_rank_map(j, u, o.hessian == "fisher" ? 0 : first, second);
    } else {
      map = low_rank_map(j, {}, 1 / double(j.size(0)), 0);
    }
  }
  bool direct = o.solver == "cholesky" || (o.solver == "auto" && (n <= kFewParameters || matrix.defined()));
  check<ConfigError>(!direct || n <= 20000, "GradNormSmooth: the Hessian of ", n, " parameters has ", n, " x ", n, " numbers; set solver to \"cg\"");
  if (map && direct) matrix = matrix_of(map, n, g.dtype()), matrix = (matrix + transpose(matrix)) * 0.5;
  if (matrix.defined() && !direct) map = [matrix](const Tensor& x) { return mv(matrix, x); };

  // -(H + lambda I)^-1 g; undefined when that is not positive definite.
  auto direction = [&](double lambda) -> Tensor {
    if (!map && !matrix.defined()) return g * (-1 / lambda);
    factorizations_++;
    if (!direct) return conjugate_gradients(map, -g, lambda, 1e-12, 2 * n + 10);
    try {
      return reshape(cholesky_solve(reshape(-g, {n, 1}), cholesky(matrix + lambda * eye(n, n, g.dtype()))), {n});
    } catch (const LinAlgError&) {
      return {};
    }
  };
  Tensor d;
  {
    Excursion away(s);
    for (int64_t k = 0; k <= o.max_search; k++) {
      double lambda = norm / (gamma_ + o.eps);
      if (k > 0 && !direct && !hess && o.hessian == "exact") {
        // The last trial wrote the weights that the recorded backward pass needs: home again, and record anew.
        away.to(Tensors(s.size()));
        map = [&s, product = HessianProduct(s, type)](const Tensor& x) { return flatten(s.params, product(unflatten(s.params, x))); };
        evaluations_++;
      }
      if (Tensor next = direction(lambda); next.defined()) {
        d = next;
        if (!o.adaptive) break;
        away.to(unflatten(s.params, d));
        away.evaluate(type);
        evaluations_++;
        double after = norm_of(flatten(s.params, s.grads));
        if (f - value() >= after * after / (8 * lambda)) {
          gamma_ = std::max(2 * gamma_, o.gamma_min);
          break;
        }
      }
      gamma_ /= 2;
    }
  }
  step_++;
  check<ValueError>(d.defined(), "GradNormSmooth: H + lambda I was not positive definite for any lambda tried; give a positive semidefinite approximation");
  add_flat(s.params, d, 1);
}

void GradNormSmooth::visit_global_state(Visitor& v) {
  list_states(v, "gamma", gamma_, "step", step_, "evaluations", evaluations_, "factorizations", factorizations_);
}

template class Method<GradNormSmooth, GradNormSmoothOptions>;

}  // namespace tare::optim
