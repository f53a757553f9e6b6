// Fromage: On the distance between two neural networks and the stability of learning (Bernstein, Vahdat, Yue, Liu, 2020, arXiv:2002.03432).
// Norms of each tensor; the factor is 1 where a norm is 0.
//
//   w <- (w - lr (|w| / |g|) g) / sqrt(1 + lr^2);  with p_bound, then |w| at most p_bound |w_0|
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct FromageOptions {
  double lr = 0.01;
  std::optional<double> p_bound{};  ///< positive
  void visit(Visitor& v);
};

struct FromageState {
  double max = 0;  ///< largest norm, with p_bound
  int64_t step = 0;
  void visit(Visitor& v);
};

class Fromage : public PerParameter<Fromage, FromageOptions, FromageState> {
 public:
  static constexpr std::string_view type = "Fromage";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, FromageState& s, const FromageOptions& o);
  static void check_options(const FromageOptions& o);
};

extern template class Method<Fromage, FromageOptions, FromageState>;

}  // namespace tare::optim
