// CNF: continuous normalizing flows (Chen et al., Neural Ordinary Differential Equations, 2018, arXiv:1806.07366), with the end time of the integration as a
// variable (Du, Luo, Chen, Xu, Zeng, TO-FLOW: Efficient Continuous Normalizing Flows with Temporal Optimization adjoint with Moving Speed, 2022,
// arXiv:2203.10335).
//
//     dz/dt = f(z, t),  z(0) = x;   d log_det / dt = tr(df/dz);   f(z, t) = W2 tanh(W1 [z; t] + b1) + b2;   log p(x) = log N(z(T); 0, I) + log_det
//
// Classic Runge-Kutta of fourth order in equal steps; the gradient is that of the discretised solver, in T too, whose steps and times depend on it. The
// trace is exact: sum over j of (1 - h_j^2) sum over i of W2[i,j] W1[j,i].
//
// TO-FLOW updates weights and T in turn. For fixed weights dL/dT of L = -mean log p needs no solver, f at T is known:
//
//     dL/dT = mean over the batch of  z(T) . f(z(T), T) - tr(df/dz)(z(T), T)        (for a base other than N(0, I): -d log p / dz in place of the first z(T))
//     T <- clamp(T - lr clip(dL/dT + 2 alpha T), t_min, t_max)
//
// What alpha penalises (T^2), what is clipped (the derivative) and the defaults are ours: the abstract leaves them open. Where f is expressive T is
// redundant (f can be scaled instead), so that alpha decides where T goes.
#pragma once

#include "nn/flow/flow.h"
#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

enum class Solver { rk4 };

struct CNFOptions {
  int64_t dim = 0;
  int64_t hidden = 32;
  int64_t steps = 10;  ///< of the solver, at least 1; four evaluations of f each
  Solver solver = Solver::rk4;
  void visit(Visitor& v);
};

/// The network of f: children net.0 and net.2.
struct FieldNet {
  Linear first, last;
  FieldNet(int64_t dim, int64_t hidden);
  void visit(Visitor& v);
};
/// Speed and trace of the field at a time: (B, dim) and (B).
struct FieldValue {
  Tensor speed, trace;
};
/// x integrated from time 0 to `end`, a number on the tape or off it: [z, log_det (B)].
Tensors integrate_field(FieldNet& net, const Tensor& x, const Tensor& end, int64_t steps, Solver solver = Solver::rk4);
FieldValue field_at(FieldNet& net, const Tensor& z, const Tensor& time);

/// x (B, dim) -> [z, log_det (B)]. net.0 Linear(dim + 1, hidden), the time last; tanh; net.2 Linear(hidden, dim); end_time, a number, from 1.
class CNF : public Layer<CNF> {
 public:
  static constexpr std::string_view type = "CNF";
  using Options = CNFOptions;
  explicit CNF(Options options);
  Tensors forward(const Tensor& x);
  /// The same over another number of steps to another time: what temporal optimization trains with.
  Tensors integrate(const Tensor& x, double end, int64_t steps);
  /// From z(end_time) back to x, up to the solver's error.
  Tensor inverse(const Tensor& z);
  /// Evaluations of f in one pass.
  int64_t evaluations() const { return 4 * options.steps; }
  void visit(Visitor& v) override;

  Options options;
  FieldNet net;
  Parameter end_time;
};

struct CNFTemporalGradientOptions {
  int64_t dim = 0;
  int64_t hidden = 32;
  int64_t steps = 10;
  double end_time = 1;
  Solver solver = Solver::rk4;
  void visit(Visitor& v);
};

/// x (B, dim) -> [L, dL/dT by the formula above], two numbers. net as CNF's.
class CNFTemporalGradient : public Layer<CNFTemporalGradient> {
 public:
  static constexpr std::string_view type = "CNFTemporalGradient";
  using Options = CNFTemporalGradientOptions;
  explicit CNFTemporalGradient(Options options);
  Tensors forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  FieldNet net;
};

/// -mean log p of what integrate_field() gave.
Tensor cnf_nll(const Tensors& integrated);
/// dL/dT by the formula above, `z` being what integrate_field() gave at time `end`.
Tensor end_time_gradient(FieldNet& net, const Tensor& z, const Tensor& end);

struct TemporalUpdateOptions {
  double lr = 0.05;
  double alpha = 0.1;  ///< pulls T to 0
  double t_min = 0.1, t_max = 2;
  double clip = 1;     ///< of the derivative, alpha's part included
  void visit(Visitor& v);
};
/// T after a step, elementwise; no gradient.
Tensor temporal_update(const Tensor& end_time, const Tensor& gradient, const TemporalUpdateOptions& options);

/// Owns an end time and its rule. The number of the solver's steps follows T, or nothing is saved.
class TemporalOptimizer {
 public:
  /// Throws ConfigError unless 0 < t_min <= start <= t_max and lr, clip > 0.
  explicit TemporalOptimizer(TemporalUpdateOptions options = {}, double start = 1);
  double end_time() const { return end_time_; }
  /// ceil(T / step_size), at least 1.
  int64_t steps(double step_size) const;
  void step(double gradient);

  TemporalUpdateOptions options;

 private:
  double end_time_;
};

extern template class Layer<CNF>;
extern template class Layer<CNFTemporalGradient>;

}  // namespace tare::nn
