#include "nn/regularize/spectral.h"

#include <functional>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "core/context.h"
#include "kernels/linalg.h"

namespace tare::nn {
namespace {

constexpr std::string_view kMethods[] = {"power", "exact"};

/// A weight as a matrix; one with fewer dimensions is its own column, so that its singular value is its norm.
Tensor matrix_of(const Tensor& w) { return w.dim() >= 2 ? as_rows(w, "spectral regularization") : reshape(w, {-1, 1}); }

/// z / ||z||, zeros for zeros.
Tensor unit(const Tensor& z) {
  Tensor length = norm(z);
  return z / where(gt(length, 0), length, 1.0);
}

/// The largest singular value of w (out, rest), with gradient u v^T. `v` (rest) is moved on by the power iterations.
Tensor largest_singular_value(const Tensor& w, SigmaMethod method, int64_t iterations, Tensor& v) {
  Tensor u;
  {
    NoGrad off;
    Tensor fixed = w.detach();
    if (method == SigmaMethod::exact) {
      kernels::Svd parts = kernels::svd(fixed, false);
      u = select(parts.u, 1, 0);
      v = select(parts.vh, 0, 0);
    } else {
      u = unit(mv(fixed, v));
      for (int64_t k = 0; k < iterations; k++) {
        if (k > 0) u = unit(mv(fixed, v));
        v = unit(mv(transpose(fixed, 0, 1), u));
      }
    }
  }
  return dot(u, mv(w, v));
}

Tensor term_of(const Tensor& sigma, const Tensor& bias, double k) {
  Tensor weight_term = square(pow(sigma, k) - 1);
  return bias.defined() ? weight_term + pow(sum(square(bias)), k) : weight_term;  // (||b||^k)^2 = (||b||^2)^k
}

/// Makes the vectors of the first call, and afterwards checks that the weights are still the same ones.
void prepare(std::string_view who, std::vector<Buffer>& buffers, std::vector<int64_t>& sizes, const Tensors& weights, const std::function<Tensor(const Tensor&)>& make) {
  if (buffers.empty())
    for (const Tensor& w : weights) {
      buffers.emplace_back(make(w));
      sizes.push_back(buffers.back()().numel());
    }
  check<ValueError>(buffers.size() == weights.size(), who, ": it keeps a vector for each of ", buffers.size(), " weights but got ", weights.size(),
                    "; call it with the same weights every time");
}

void make_saved(std::vector<Buffer>& buffers, const std::vector<int64_t>& sizes, std::string_view who) {
  for (int64_t n : sizes) {
    check<ConfigError>(n >= 0, who, ": sizes must be at least 0, not ", n);
    buffers.emplace_back(zeros({n}));
  }
}

void visit_all(Visitor& visitor, std::string_view name, std::vector<Buffer>& buffers) {
  for (size_t i = 0; i < buffers.size(); i++) visitor.buffer(text(name, ".", i), buffers[i]);
}

Tensor random_unit(const Tensor& w) { return unit(randn({matrix_of(w).size(1)}, w.dtype())); }

Tensor sigma_of(const Tensor& w, Buffer& kept, SigmaMethod method, int64_t iterations, bool training) {
  Tensor v = kept().dtype() == w.dtype() ? kept() : to(kept(), w.dtype());
  Tensor matrix = matrix_of(w);
  check<ShapeError>(method == SigmaMethod::exact || v.numel() == matrix.size(1), "spectral regularization: the vector kept for a weight of shape ", w.shape(), " has ",
                    v.numel(), " numbers instead of ", matrix.size(1));
  // Out of training the vector stays: the estimate is that of the last training step.
  Tensor sigma = largest_singular_value(matrix, method, training ? iterations : 0, v);
  if (training && method == SigmaMethod::power) kept.update(v);
  return sigma;
}

void check_spectral(std::string_view who, double lambda, int64_t iterations) {
  check_factor(who, "lambda", lambda);
  check<ConfigError>(iterations >= 1, who, ": n_power_iterations must be at least 1, not ", iterations);
}

}  // namespace

Tensor spectral_regularization(const Tensor& weight, const Tensor& bias, const Tensor& v0, const SpectralRegularizerOptions& o) {
  check<ValueError>(o.method == SigmaMethod::exact || v0.defined(), "spectral_regularization: method \"power\" needs a start vector v0 as third input");
  Tensor matrix = matrix_of(weight), v = v0.defined() ? v0.detach() : Tensor();
  check<ShapeError>(o.method == SigmaMethod::exact || v.shape() == Shape{matrix.size(1)}, "spectral_regularization: expected v0 of shape ", Shape{matrix.size(1)},
                    " but it is ", v.defined() ? v.shape() : Shape{});
  return term_of(largest_singular_value(matrix, o.method, o.n_power_iterations, v), bias, double(o.k));
}

void SpectralRegularizerOptions::visit(Visitor& v) {
  v.option("lambda", lambda);
  v.option("k", k);
  v.option("method", method, kMethods);
  v.option("n_power_iterations", n_power_iterations);
  v.option("columns", columns);
}
SpectralRegularizer::SpectralRegularizer(Options o) : options(std::move(o)) {
  check_spectral(type, options.lambda, options.n_power_iterations);
  check<ConfigError>(options.k >= 1, type, ": k must be at least 1, not ", options.k);
  make_saved(vectors, options.columns, type);
}
void SpectralRegularizer::visit(Visitor& v) { visit_all(v, "v", vectors); }

Tensor SpectralRegularizer::forward(const Tensors& pairs) {
  check<ValueError>(pairs.size() % 2 == 0, type, ": expected weights and biases in turn (an undefined tensor where there is no bias), not ", pairs.size(), " tensors");
  Tensors weights, terms;
  for (size_t i = 0; i < pairs.size(); i += 2) weights.push_back(pairs[i]);
  prepare(type, vectors, options.columns, weights, random_unit);
  for (size_t i = 0; i < weights.size(); i++) {
    const Tensor &w = weights[i], &b = pairs[2 * i + 1];
    if (w.dim() < 2) {  // the scale of a norm: every number is a singular value of its own
      terms.push_back(sum(square(pow(abs(w), double(options.k)) - 1)));
      if (b.defined()) terms.push_back(pow(sum(square(b)), double(options.k)));
    } else {
      terms.push_back(term_of(sigma_of(w, vectors[i], options.method, options.n_power_iterations, training()), b, double(options.k)));
    }
  }
  return options.lambda * add_up(terms, type);
}

void SpectralNormPenaltyOptions::visit(Visitor& v) {
  v.option("lambda", lambda);
  v.option("method", method, kMethods);
  v.option("n_power_iterations", n_power_iterations);
  v.option("columns", columns);
}
SpectralNormPenalty::SpectralNormPenalty(Options o) : options(std::move(o)) {
  check_spectral(type, options.lambda, options.n_power_iterations);
  make_saved(vectors, options.columns, type);
}
void SpectralNormPenalty::visit(Visitor& v) { visit_all(v, "v", vectors); }

Tensor SpectralNormPenalty::forward(const Tensors& weights) {
  prepare(type, vectors, options.columns, weights, random_unit);
  Tensors terms;
  for (size_t i = 0; i < weights.size(); i++) terms.push_back(square(sigma_of(weights[i], vectors[i], options.method, options.n_power_iterations, training())));
  return 0.5 * options.lambda * add_up(terms, type);
}

Tensor wasserstein_init_regularization(const Tensor& w, const Tensor& w0, const WassersteinInitOptions& o) {
  check<ShapeError>(w.numel() == w0.numel(), "wasserstein_init_regularization: expected as many initial numbers as there are weights, ", w.numel(), ", but there are ",
                    w0.numel());
  Tensor gap = square(sort(reshape(w, {-1}), 0).values - sort(reshape(w0.detach(), {-1}), 0).values);
  return o.reduction == WassersteinInitOptions::Reduce::mean ? mean(gap) : sum(gap);
}

void WassersteinInitOptions::visit(Visitor& v) {
  static constexpr std::string_view names[] = {"sum", "mean"};
  v.option("lambda", lambda);
  v.option("reduction", reduction, names);
  v.option("sizes", sizes);
}
WassersteinInitRegularizer::WassersteinInitRegularizer(Options o) : options(std::move(o)) {
  check_factor(type, "lambda", options.lambda);
  make_saved(initial, options.sizes, type);
}
void WassersteinInitRegularizer::visit(Visitor& v) { visit_all(v, "initial", initial); }

Tensor WassersteinInitRegularizer::forward(const Tensors& weights) {
  prepare(type, initial, options.sizes, weights, [](const Tensor& w) { return sort(reshape(w.detach(), {-1}), 0).values.detach(); });
  Tensors terms;
  for (size_t i = 0; i < weights.size(); i++) terms.push_back(wasserstein_init_regularization(weights[i], initial[i](), options));
  return options.lambda * add_up(terms, type);
}

template class Layer<SpectralRegularizer>;
template class Layer<SpectralNormPenalty>;
template class Layer<WassersteinInitRegularizer>;

}  // namespace tare::nn
