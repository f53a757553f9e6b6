// What every layer must pass, as functions for its tests: gradients against finite differences, a round trip through JSON.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "core/json.h"
#include "core/random.h"
#include "nn/layer.h"
#include "nn/save.h"

namespace tare::testing {

/// One number from N(0, 1), by Box and Muller.
inline double normal_number(Generator& g) {
  double radius = std::sqrt(-2 * std::log(1 - g.uniform()));
  return radius * std::cos(6.283185307179586 * g.uniform());
}

/// Numbers from N(mean, deviation^2).
inline Tensor sample(const Shape& shape, uint64_t seed, DType dtype = DType::float64, double mean = 0, double deviation = 1) {
  Generator g(seed);
  Tensor t = empty(shape, DType::float64);
  for (int64_t i = 0; i < t.numel(); i++) t.mutable_data<double>()[i] = mean + deviation * normal_number(g);
  return to(t, dtype).detach();
}

inline std::unique_ptr<nn::Module> build(const std::string& json, DType dtype = DType::float64) {
  DefaultDtype scope(dtype);
  return nn::build_module(Json::parse(json));
}

/// Fills parameters with 1 + N(0, 0.3^2) numbers, so that none is at a special value.
inline void scatter_parameters(nn::Module& m, uint64_t seed = 7) {
  NoGrad off;
  for (auto& p : m.parameters()) {
    Generator g(seed++);
    for (int64_t i = 0; i < p.tensor.numel(); i++) {
      double v = 1 + 0.3 * normal_number(g);
      if (p.tensor.dtype() == DType::float64) p.tensor.mutable_data<double>()[i] = v;
      else p.tensor.mutable_data<float>()[i] = float(v);
    }
  }
}

/// A fixed weighted sum of all floating outputs: one number that feels every output.
inline Tensor probe(const Tensors& outputs) {
  Tensor total;
  uint64_t seed = 1000;
  for (const Tensor& y : outputs) {
    if (!y.defined() || !is_floating(y.dtype())) continue;
    Tensor part = sum(y * sample(y.shape(), seed++, y.dtype()));
    total = total.defined() ? total + part : part;
  }
  return total;
}

/// Largest |autograd - central difference| / (1 + |central difference|) over all floating inputs and parameters of a float64 module.
inline double gradient_error(nn::Module& m, const Tensors& inputs, double h = 1e-6) {
  FrozenStatistics frozen;
  Tensors leaves, in;
  for (const Tensor& t : inputs) {
    Tensor x = t.defined() ? t.detach() : t;
    if (x.defined() && x.dtype() == DType::float64) leaves.push_back(x.set_requires_grad());
    in.push_back(x);
  }
  for (auto& p : m.parameters())
    if (p.tensor.requires_grad()) leaves.push_back(p.tensor);
  Tensors analytic = grad({probe(m.call(in))}, leaves, {.allow_unused = true});
  NoGrad off;
  double worst = 0;
  for (size_t k = 0; k < leaves.size(); k++)
    for (int64_t i = 0; i < leaves[k].numel(); i++) {
      double* at = leaves[k].mutable_data<double>() + i;
      double old = *at;
      *at = old + h;
      double up = probe(m.call(in)).item();
      *at = old - h;
      double down = probe(m.call(in)).item();
      *at = old;
      double numeric = (up - down) / (2 * h), got = analytic[k].defined() ? to(analytic[k], DType::float64).to_vector<double>()[size_t(i)] : 0.0;
      double error = std::abs(got - numeric) / (1 + std::abs(numeric));
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
  return worst;
}

/// Largest |a - b|; infinite when shapes differ or one is NaN where the other is not.
inline double difference(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape())) return INFINITY;
  auto x = a.to_vector<double>(), y = b.to_vector<double>();
  double worst = 0;
  for (size_t i = 0; i < x.size(); i++) {
    if (std::isnan(x[i]) && std::isnan(y[i])) continue;
    double d = std::abs(x[i] - y[i]);
    worst = std::isnan(d) ? INFINITY : std::max(worst, d);
  }
  return worst;
}

inline bool any_nan(const Tensor& t) {
  for (double v : t.to_vector<double>())
    if (std::isnan(v)) return true;
  return false;
}

}  // namespace tare::testing
