// SM3: Memory-Efficient Adaptive Optimization (Anil, Gupta, Koren, Singer, 2019, arXiv:1901.11150). In place of Adagrad's sum for each number
// one accumulator A_i for each axis, of that axis's size:
//
//   u = min_i A_i + g^2           (beta > 0: beta min_i A_i + (1 - beta) g^2)
//   A_i <- max of u over the other axes  (beta > 0: and the old A_i),  d = g / sqrt(u + eps)
//   momentum: m <- momentum m + (1 - momentum) d;  w <- w - lr m (or d)
#pragma once

#include <array>
#include "optim/method.h"

namespace tare::optim {

/// accumulator_0 to accumulator_7, as many as the parameter has axes.
struct SM3State {
  std::array<Tensor, 8> accumulators;
  Tensor momentum_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

struct SM3Options {
  double lr = 0.1;
  double momentum = 0;  ///< in [0, 1)
  double beta = 0;  ///< in [0, 1)
  double eps = 1e-30;
  void visit(Visitor& v);
};

class SM3 : public PerParameter<SM3, SM3Options, SM3State> {
 public:
  static constexpr std::string_view type = "SM3";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, const Tensor& g, SM3State& s, const SM3Options& o);
  static void check_options(const SM3Options& o);
};

extern template class Method<SM3, SM3Options, SM3State>;

}  // namespace tare::optim
