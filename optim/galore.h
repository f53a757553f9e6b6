// Adam in a low-rank space of each matrix's gradients: moments of rank * (rows or columns) numbers.
//
//   GaLore (Zhao et al., 2024, arXiv:2403.03507). Every update_proj_gap steps, the first included, P = the leading `rank` right singular vectors of g
//     where rows >= columns, or left ones (proj_type "std"; "reverse_std" the other way; "right", "left"):
//       1. h = g P^T (right) or P^T g (left),  m, v <- Adam's moments of h,  u = m / (sqrt(v) + eps)
//       2. w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t) scale u P (right) or P u (left),  w <- (1 - lr weight_decay) w
//     Parameters that are not matrices: Adam with these places of eps and decay. The moments are not turned when P changes.
//
//   Fira (Chen et al., 2024, arXiv:2410.01623): GaLore, and what the projection leaves over, scaled like Adam scales the rest:
//       r = (g - scale P P^T g) |u| / (|h| + 1e-8), norms of each column (left) or row (right);
//       from the second step on limited in growth: r <- r / (max(|r| / (|r_prev| + 1e-8), limiter) / limiter)
//       w <- w - lr sqrt(1 - beta2^t) / (1 - beta1^t) (scale P u + r)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GaLoreOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  int64_t rank = 2;  ///< at least 1; at most the shorter side is used
  int64_t update_proj_gap = 200;  ///< at least 1
  double scale = 0.25;
  std::string proj_type = "std";  ///< or "reverse_std", "right", "left"
  double eps = 1e-6;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

struct GaLoreState {
  Tensor exp_avg, exp_avg_sq, projector;
  int64_t step = 0;
  void visit(Visitor& v);
};

class GaLore : public PerParameter<GaLore, GaLoreOptions, GaLoreState> {
 public:
  static constexpr std::string_view type = "GaLore";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, GaLoreState& s, const GaLoreOptions& o);
  static void check_options(const GaLoreOptions& o);
};

struct FiraOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  int64_t rank = 2;
  int64_t update_proj_gap = 200;
  double scale = 1;
  std::string proj_type = "std";
  double limiter = 1.01;  ///< most that |r| grows in a step, at least 1
  double eps = 1e-6;
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

struct FiraState {
  Tensor exp_avg, exp_avg_sq, projector;
  double scaling_grad = 0;  ///< |r| of the last step
  int64_t step = 0;
  void visit(Visitor& v);
};

class Fira : public PerParameter<Fira, FiraOptions, FiraState> {
 public:
  static constexpr std::string_view type = "Fira";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, FiraState& s, const FiraOptions& o);
  static void check_options(const FiraOptions& o);
};

extern template class Method<GaLore, GaLoreOptions, GaLoreState>;
extern template class Method<Fira, FiraOptions, FiraState>;

}  // namespace tare::optim
