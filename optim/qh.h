// Quasi-hyperbolic momentum and Adam (Ma and Yarats, 2019, arXiv:1810.06801): averages of the plain and the momentum step.
//
//   QHM:     b <- momentum b + (1 - momentum) g,  w <- w - lr ((1 - nu) g + nu b)
//   QHAdam:  w <- w - lr ((1 - nu1) g + nu1 mh) / (sqrt((1 - nu2) g^2 + nu2 vh) + eps)        mh, vh: Adam's corrected averages
//
// QHAdam keeps the corrected averages themselves: with the weight W <- 1 + beta W, mh <- mh + (g - mh) / W.
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct QHAdamOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  std::vector<double> nus = {1.0, 1.0};  ///< 1: Adam
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct QHAdamState {
  Tensor exp_avg, exp_avg_sq;
  double beta1_weight = 0, beta2_weight = 0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class QHAdam : public Method<QHAdam, QHAdamOptions, QHAdamState> {
 public:
  static constexpr std::string_view type = "QHAdam";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const QHAdamOptions& o);
};

struct QHMOptions {
  double lr = 1e-3;
  double momentum = 0.9;  ///< in [0, 1)
  double nu = 0.7;  ///< weight of the momentum
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

class QHM : public Method<QHM, QHMOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "QHM";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const QHMOptions& o);
};

extern template class Method<QHAdam, QHAdamOptions, QHAdamState>;
extern template class Method<QHM, QHMOptions, MomentumState>;

}  // namespace tare::optim
