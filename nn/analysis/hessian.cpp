#include "nn/analysis/hessian.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"
#include "nn/training_flags.h"

namespace tare::nn {
namespace {

template <class O>
HessianMap hessian_of(std::string_view who, const O& options, const Tensor& x, const Tensor& y) {
  Objective objective(who, options.model, options.loss);
  EvaluationScope scope(objective.model());
  Tensors leaves;
  for (auto& e : objective.model().parameters())
    if (e.tensor.requires_grad()) leaves.push_back(e.tensor);
  check<ConfigError>(!leaves.empty(), who, ": the model has no parameters to differentiate by");
  return HessianMap(objective(x, y), leaves);
}

Tensor random_signs(int64_t n, DType dtype) { return 1 - 2 * to(lt(rand({n}, dtype), 0.5), dtype); }

Tensor without(const Tensor& v, const Tensors& directions) {
  Tensor rest = v;
  for (const Tensor& d : directions) rest = rest - d * sum(d * rest);
  return rest;
}

}  // namespace

HessianMap::HessianMap(const Tensor& loss, Tensors leaves) : leaves_(std::move(leaves)) {
  check<GradError>(!leaves_.empty() && loss.requires_grad(), "HessianMap: expected a loss on the tape and leaves to differentiate it by");
  EnableGrad on;
  grads_ = grad({loss}, leaves_, {.create_graph = true, .allow_unused = true});
  for (const Tensor& t : leaves_) size_ += t.numel();
}

Tensor HessianMap::operator()(const Tensor& v) const {
  check<ShapeError>(v.dim() == 1 && v.numel() == size_, "HessianMap: expected a vector (", size_, ") but it is ", v.shape());
  EnableGrad on;
  Tensors ys, vs;
  int64_t at = 0;
  for (size_t i = 0; i < leaves_.size(); at += leaves_[i].numel(), i++)
    if (grads_[i].defined() && grads_[i].requires_grad()) ys.push_back(grads_[i]), vs.push_back(reshape(narrow(v.detach(), 0, at, leaves_[i].numel()), leaves_[i].shape()));
  Tensors found(leaves_.size()), flat;
  if (!ys.empty()) found = grad(ys, leaves_, {.grad_outputs = vs, .retain_graph = true, .allow_unused = true});
  for (size_t i = 0; i < leaves_.size(); i++) flat.push_back(found[i].defined() ? flatten(found[i].detach()) : zeros({leaves_[i].numel()}, dtype()));
  return cat(flat);
}

Eigenpairs top_eigenpairs(const HessianMap& h, int64_t top_n, int64_t n_iter, double tol) {
  check<ValueError>(top_n >= 1 && n_iter >= 1, "top_eigenpairs: top_n and n_iter must be at least 1, not ", top_n, " and ", n_iter);
  NoGrad off;
  std::vector<double> values;
  Tensors vectors;
  for (int64_t k = 0; k < std::min(top_n, h.size()); k++) {
    Tensor v = randn({h.size()}, h.dtype());
    double value = NAN;
    for (int64_t i = 0; i < n_iter; i++) {
      v = without(v, vectors);
      v = v / norm(v);
      Tensor hv = without(h(v), vectors);
      double old = std::exchange(value, sum(v * hv).item()), length = norm(hv).item();
      if (!(length > 0)) break;
      if (i > 0 && std::abs(old - value) / (std::abs(old) + 1e-6) < tol) {
        // v = a u+ + b u- with eigenvalues +l and -l has a steady value l (a^2 - b^2), but is no eigenvector: the smaller part is taken out.
        if (norm(hv - value * v).item() <= 3 * std::sqrt(std::max(tol, 0.0)) * length) break;
        v = hv + std::copysign(length, value) * v;
        continue;
      }
      v = hv / length;
    }
    values.push_back(value);
    vectors.push_back(v / norm(v));
  }
  Tensor found = from_vector(values, {int64_t(values.size())}, h.dtype()), order = argsort(abs(found), 0, true);
  return {index_select(found, 0, order), index_select(stack(vectors, 1), 1, order)};
}

double hessian_trace(const HessianMap& h, bool exact, int64_t n_iter, double tol) {
  NoGrad off;
  double total = 0;
  if (exact) {
    Tensor units = eye(h.size(), h.size(), h.dtype());
    for (int64_t i = 0; i < h.size(); i++) total += select(h(select(units, 0, i)), 0, i).item();
    return total;
  }
  check<ValueError>(n_iter >= 1, "hessian_trace: n_iter must be at least 1, not ", n_iter);
  for (int64_t i = 0; i < n_iter; i++) {
    Tensor v = random_signs(h.size(), h.dtype());
    double before = total / double(std::max<int64_t>(1, i));
    total += sum(v * h(v)).item();
    double now = total / double(i + 1);
    if (i > 0 && std::abs(now - before) / (std::abs(before) + 1e-6) < tol) return now;
  }
  return total / double(n_iter);
}

Tensor SpectralDensity::density(const Tensor& points, double sigma) const {
  check<ValueError>(sigma > 0, "SpectralDensity: sigma must be positive, not ", sigma);
  Tensor z = (unsqueeze(flatten(points), 1) - unsqueeze(flatten(eigenvalues), 0)) / sigma;
  return sum(exp(-0.5 * square(z)) * unsqueeze(flatten(weights), 0), {1}) / (sigma * std::sqrt(2 * M_PI) * double(eigenvalues.size(0)));
}

SpectralDensity hessian_spectrum(const HessianMap& h, int64_t n_iter, int64_t n_v) {
  check<ValueError>(n_iter >= 1 && n_v >= 1, "hessian_spectrum: n_iter and n_v must be at least 1, not ", n_iter, " and ", n_v);
  NoGrad off;
  int64_t m = std::min(n_iter, h.size());
  Tensors values, weights;
  for (int64_t k = 0; k < n_v; k++) {
    auto [e, w] = lanczos([&](const Tensor& v) { return h(v); }, random_signs(h.size(), h.dtype()), m).spectrum();
    if (int64_t missing = m - e.numel(); missing > 0) e = cat({e, expand(narrow(e, 0, e.numel() - 1, 1), {missing})}), w = cat({w, zeros({missing}, w.dtype())});
    values.push_back(e);
    weights.push_back(w);
  }
  return {stack(values), stack(weights)};
}

std::pair<Tensor, Tensor> lanczos_esd(const Tensor& a, const Tensor& v0, int64_t n_iter) {
  check<ShapeError>(a.dim() == 2 && a.size(0) == a.size(1) && v0.dim() == 1 && v0.size(0) == a.size(0), "lanczos_esd: expected a matrix (n, n) and a vector (n) but they are ", a.shape(),
                    " and ", v0.shape());
  check<ValueError>(n_iter >= 1, "lanczos_esd: n_iter must be at least 1, not ", n_iter);
  return lanczos([&](const Tensor& v) { return mv(a, v); }, v0, std::min(n_iter, a.size(0))).spectrum();
}

HessianCriteria hessian_criteria(const Tensor& eigenvalues, const Tensor& weights, double n) {
  check<ValueError>(n > 0, "hessian_criteria: n must be positive, not ", n);
  check<ShapeError>(eigenvalues.shape() == weights.shape() && (eigenvalues.dim() == 1 || eigenvalues.dim() == 2) && eigenvalues.numel() > 0,
                    "hessian_criteria: expected eigenvalues and weights (runs, m) but they are ", eigenvalues.shape(), " and ", weights.shape());
  std::vector<double> e = eigenvalues.to_vector<double>(), w = weights.to_vector<double>();
  size_t m = size_t(eigenvalues.size(-1)), runs = e.size() / m;
  HessianCriteria out{0, 0};
  for (size_t r = 0; r < runs; r++) {
    auto first = e.begin() + int64_t(r * m);
    auto [low, high] = std::minmax_element(first, first + int64_t(m));
    double below = 0, above = 0;
    for (size_t i = r * m; i < (r + 1) * m; i++) (e[i] < 0 ? below : above) += std::pow(std::abs(e[i]) * w[i], n);
    out.re += *high > 0 ? std::abs(*low / *high) : INFINITY;
    out.khn += *high > 0 ? below / above : INFINITY;
  }
  return {out.re / double(runs), out.khn / double(runs)};
}

void HessianVectorProductOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("loss", loss);
}
HessianVectorProduct::HessianVectorProduct(Options o) : options(std::move(o)) { Objective(type, options.model, options.loss); }
Tensor HessianVectorProduct::forward(const Tensor& x, const Tensor& y, const Tensor& v) { return hessian_of(type, options, x, y)(v); }

void HessianEigenvaluesOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("loss", loss);
  v.option("top_n", top_n);
  v.option("n_iter", n_iter);
  v.option("tol", tol);
}
HessianEigenvalues::HessianEigenvalues(Options o) : options(std::move(o)) {
  Objective(type, options.model, options.loss);
  check<ConfigError>(options.top_n >= 1 && options.n_iter >= 1, "HessianEigenvalues: top_n and n_iter must be at least 1, not ", options.top_n, " and ", options.n_iter);
}
Tensor HessianEigenvalues::forward(const Tensor& x, const Tensor& y) {
  return top_eigenpairs(hessian_of(type, options, x, y), options.top_n, options.n_iter, options.tol).values;
}

void HessianTraceOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("loss", loss);
  v.option("exact", exact);
  v.option("n_iter", n_iter);
  v.option("tol", tol);
}
HessianTrace::HessianTrace(Options o) : options(std::move(o)) {
  Objective(type, options.model, options.loss);
  check<ConfigError>(options.n_iter >= 1, "HessianTrace: n_iter must be at least 1, not ", options.n_iter);
}
Tensor HessianTrace::forward(const Tensor& x, const Tensor& y) {
  HessianMap h = hessian_of(type, options, x, y);
  return scalar(hessian_trace(h, options.exact, options.n_iter, options.tol), h.dtype());
}

void HessianSpectrumOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("loss", loss);
  v.option("n_iter", n_iter);
  v.option("n_v", n_v);
}
HessianSpectrum::HessianSpectrum(Options o) : options(std::move(o)) {
  Objective(type, options.model, options.loss);
  check<ConfigError>(options.n_iter >= 1 && options.n_v >= 1, "HessianSpectrum: n_iter and n_v must be at least 1, not ", options.n_iter, " and ", options.n_v);
}
std::pair<Tensor, Tensor> HessianSpectrum::forward(const Tensor& x, const Tensor& y) {
  SpectralDensity s = hessian_spectrum(hessian_of(type, options, x, y), options.n_iter, options.n_v);
  return {s.eigenvalues, s.weights};
}

template class Layer<HessianVectorProduct>;
template class Layer<HessianEigenvalues>;
template class Layer<HessianTrace>;
template class Layer<HessianSpectrum>;

}  // namespace tare::nn
