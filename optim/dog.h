// Rates from distance over gradients: r is how far the weights came from the first ones x0, and the rate r over the root of the gradients' sum.
//
//   DoG (Ivgi, Hinder, Carmon, 2023, arXiv:2302.12022):  r <- max(r, |w - x0|), first reps_rel (1 + |x0|);  G <- G + |g|^2, from eps;
//       w <- w - lr r / sqrt(G) g.   layerwise (LDoG): r and G for each tensor;  otherwise over all
//   DoWG (Khaled, Mishchenko, Jin, 2023, arXiv:2305.16284):  r <- max(r, |w - x0|^2) from eps,  v <- v + r |g|^2,
//       w <- w - r / (sqrt(v) + eps) g
//   CDoWG, the same for each number: r from r0, v, and the rate elementwise
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct DoGOptions {
  double lr = 1;            ///< usually left at 1
  double reps_rel = 1e-6;   ///< first distance, relative to 1 + |x0|; positive
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  bool layerwise = false;
  std::optional<double> init_eta{};  ///< the first step's rate in place of the estimate
  void visit(Visitor& v);
};

struct DoGState {
  Tensor x0;
  double rbar = 0, G = 0;  ///< of this tensor, with layerwise
  void visit(Visitor& v);
};

class DoG : public Method<DoG, DoGOptions, DoGState> {
 public:
  static constexpr std::string_view type = "DoG";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const DoGOptions& o);

 private:
  double rbar_ = 0, G_ = 0;
  int64_t step_ = 0;
};

struct DoWGOptions {
  double eps = 1e-4;  ///< positive: the first squared distance
  void visit(Visitor& v);
};

struct DoWGState {
  Tensor x0;
  void visit(Visitor& v);
};

class DoWG : public Method<DoWG, DoWGOptions, DoWGState> {
 public:
  static constexpr std::string_view type = "DoWG";
  using Method::Method;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const DoWGOptions& o);

 private:
  double estim_sq_dist_ = 0, weighted_sq_norm_grads_ = 0;
};

struct CDoWGOptions {
  double eps = 1e-8;
  double r0 = 1e-4;  ///< first squared distance of each number, positive
  void visit(Visitor& v);
};

struct CDoWGState {
  Tensor x0, estim_sq_dist, weighted_sq_norm_grads;
  void visit(Visitor& v);
};

class CDoWG : public Method<CDoWG, CDoWGOptions, CDoWGState> {
 public:
  static constexpr std::string_view type = "CDoWG";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const CDoWGOptions& o);
};

extern template class Method<DoG, DoGOptions, DoGState>;
extern template class Method<DoWG, DoWGOptions, DoWGState>;
extern template class Method<CDoWG, CDoWGOptions, CDoWGState>;

}  // namespace tare::optim
