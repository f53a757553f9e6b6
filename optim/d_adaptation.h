// Learning-Rate-Free Learning by D-Adaptation (Defazio and Mishchenko, 2023, arXiv:2301.07733): the rate is estimated. d, a lower bound of the
// distance |x* - x0| to a solution, starts at d0 and only grows, d <- max(d, min(dhat, growth_rate d)), after each step; lr multiplies it and is
// usually left at 1. k = lr d is fixed during a step, s is the weighted sum or average of gradients, and norms and sums are over all tensors.
// r = sqrt(beta2), x0 the first weights, D = g - g_prev (0 at first).
//
//   DAdaptSGD:      k = lr d / |g_1|;  N <- N + k <g, s>,  s <- s + k g,  dhat = 2 N / |s|;  w <- momentum w + (1 - momentum) (x0 - s)
//   DAdaptAdam:     N <- r N + (1 - r) k <g, s / (sqrt(v) + eps)> with the old s and v;  m <- beta1 m + (1 - beta1) k g,  v as Adam's,
//                   s <- r s + (1 - r) k g,  dhat = N / ((1 - r) |s|_1);  w <- (1 - k weight_decay) w - m / (sqrt(v) + eps)
//                   (use_bias_correction: k times sqrt(1 - beta2^t) / (1 - beta1^t))
//   DAdaptAdaGrad:  v <- v + g^2 from 1e-6,  Q <- Q + k^2 sum(g^2 / (sqrt(v) + eps)),  s <- s + k g,
//                   dhat = (sum(s^2 / (sqrt(v) + eps)) - Q) / |s|_1;  w <- momentum w + (1 - momentum) (x0 - s / (sqrt(v) + eps))
//   DAdaptLion:     u = sign(beta1 m + (1 - beta1) g),  w <- (1 - k weight_decay) w - k u,  m <- beta2 m + (1 - beta2) k g;
//                   N <- r N + (1 - r) k <u, s> with the old s,  s <- r s + (1 - r) k u,  dhat as DAdaptAdam's, growth unbounded
//   DAdaptAdan:     Adan's m and e (of D) of k times their gradients, n of (g + beta2 D)^2, s <- beta3 s + (1 - beta3) k g,
//                   Q <- beta3 Q + (1 - beta3) k^2 sum(g^2 / (sqrt(n) + eps)),  dhat = (sum(s^2 / (sqrt(n) + eps)) / (1 - beta3) - Q) / |s|_1;
//                   w <- (w - (m + beta2 e) / (sqrt(n) + eps)) / (1 + k weight_decay), or with no_prox (1 - k weight_decay) w - ...
//
// Weight decay is L2 in DAdaptSGD, DAdaptAdaGrad and, without weight_decouple, DAdaptAdam. d0, and what N and Q decay with, are the first
// group's. pytorch_optimizer squares g + beta2 D twice in DAdaptAdan.
#pragma once

#include "optim/method.h"

namespace tare::optim {

/// The estimate of the distance, and the sum it is made from.
struct DistanceEstimate {
  double d = 0;    ///< 0 until the first step
  double sum = 0;  ///< N or Q
  int64_t step = 0;

  /// At the start of a step: counts it and gives d its first value.
  void begin(double d0);
  /// d <- max(d, min(numerator / denominator, growth_rate d)); a denominator of 0 says nothing yet.
  void grow(double numerator, double denominator, std::optional<double> growth_rate);
  void visit(Visitor& v, std::string_view sum_name);
};

struct DAdaptSGDOptions {
  double lr = 1;
  double momentum = 0;  ///< in [0, 1)
  double d0 = 1e-6;     ///< first estimate of the distance, positive; a lower bound is safe
  std::optional<double> growth_rate{};  ///< most that d grows in a step, above 1; absent: no bound
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct DAdaptSGDState {
  Tensor s, x0;
  void visit(Visitor& v);
};

class DAdaptSGD : public Method<DAdaptSGD, DAdaptSGDOptions, DAdaptSGDState> {
 public:
  static constexpr std::string_view type = "DAdaptSGD";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const DAdaptSGDOptions& o);
  double d() const { return estimate_.d; }

 private:
  DistanceEstimate estimate_;
  double g0_norm_ = 0;
};

struct DAdaptAdamOptions {
  double lr = 1;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  bool weight_decouple = false;
  bool use_bias_correction = false;
  double d0 = 1e-6;
  std::optional<double> growth_rate{};
  double weight_decay = 0;
  void visit(Visitor& v);
};

struct DAdaptAdamState {
  Tensor exp_avg, exp_avg_sq, s;
  void visit(Visitor& v);
};

class DAdaptAdam : public Method<DAdaptAdam, DAdaptAdamOptions, DAdaptAdamState> {
 public:
  static constexpr std::string_view type = "DAdaptAdam";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const DAdaptAdamOptions& o);
  double d() const { return estimate_.d; }

 private:
  DistanceEstimate estimate_;
};

struct DAdaptAdaGradOptions {
  double lr = 1;
  double momentum = 0;  ///< in [0, 1)
  double d0 = 1e-6;
  double eps = 1e-6;
  std::optional<double> growth_rate{};
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct DAdaptAdaGradState {
  Tensor alphak, sk, x0;
  void visit(Visitor& v);
};

class DAdaptAdaGrad : public Method<DAdaptAdaGrad, DAdaptAdaGradOptions, DAdaptAdaGradState> {
 public:
  static constexpr std::string_view type = "DAdaptAdaGrad";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const DAdaptAdaGradOptions& o);
  double d() const { return estimate_.d; }

 private:
  DistanceEstimate estimate_;
};

struct DAdaptLionOptions {
  double lr = 1;
  std::vector<double> betas = {0.9, 0.99};
  double d0 = 1e-6;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

struct DAdaptLionState {
  Tensor exp_avg, s;
  void visit(Visitor& v);
};

class DAdaptLion : public Method<DAdaptLion, DAdaptLionOptions, DAdaptLionState> {
 public:
  static constexpr std::string_view type = "DAdaptLion";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const DAdaptLionOptions& o);
  double d() const { return estimate_.d; }

 private:
  DistanceEstimate estimate_;
};

struct DAdaptAdanOptions {
  double lr = 1;
  std::vector<double> betas = {0.98, 0.92, 0.99};
  double eps = 1e-8;
  double d0 = 1e-6;
  std::optional<double> growth_rate{};
  double weight_decay = 0;
  bool no_prox = false;  ///< decay before the step in place of the proximal form
  void visit(Visitor& v);
};

struct DAdaptAdanState {
  Tensor exp_avg, exp_avg_diff, exp_avg_sq, s, pre_grad;
  int64_t step = 0;
  void visit(Visitor& v);
};

class DAdaptAdan : public Method<DAdaptAdan, DAdaptAdanOptions, DAdaptAdanState> {
 public:
  static constexpr std::string_view type = "DAdaptAdan";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const DAdaptAdanOptions& o);
  double d() const { return estimate_.d; }

 private:
  DistanceEstimate estimate_;
};

extern template class Method<DAdaptSGD, DAdaptSGDOptions, DAdaptSGDState>;
extern template class Method<DAdaptAdam, DAdaptAdamOptions, DAdaptAdamState>;
extern template class Method<DAdaptAdaGrad, DAdaptAdaGradOptions, DAdaptAdaGradState>;
extern template class Method<DAdaptLion, DAdaptLionOptions, DAdaptLionState>;
extern template class Method<DAdaptAdan, DAdaptAdanOptions, DAdaptAdanState>;

}  // namespace tare::optim
