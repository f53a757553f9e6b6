// Adafactor: Adaptive Learning Rates with Sublinear Memory Cost (Shazeer and Stern, 2018, arXiv:1804.04235), as in PyTorch. The second moment of
// a matrix is kept as one number a row and one a column.
//
//   1. k = t^beta2_decay,  rate = max(eps2, rms(w)) min(lr, 1 / sqrt(t)),  w <- (1 - lr weight_decay) w
//   2. rank > 1: R, C <- averages, with weight k on the new, of the means of g^2 over the last axis and the last but one;
//      V = R C / max(mean(R), eps1);  otherwise V <- average of g^2
//   3. u = g / sqrt(max(V, eps1^2)),  w <- w - rate u / max(1, rms(u) / d)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdafactorOptions {
  double lr = 1e-2;
  double beta2_decay = -0.8;  ///< at most 0
  std::vector<double> eps = {0, 1e-3};  ///< eps1 (0, or null in JSON: machine epsilon) and eps2
  double d = 1;  ///< largest rms of an update, positive
  double weight_decay = 0;  ///< decoupled
  bool maximize = false;
  void visit(Visitor& v);
};

struct AdafactorState {
  Tensor row_var, col_var, variance;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Adafactor : public PerParameter<Adafactor, AdafactorOptions, AdafactorState> {
 public:
  static constexpr std::string_view type = "Adafactor";
  static constexpr bool at_once = true;
  using PerParameter::PerParameter;
  void update(const Tensor& w, const Tensor& g, AdafactorState& s, const AdafactorOptions& o);
  static std::unique_ptr<Optimizer> create(const Json& json, const std::string& path);
  static void check_options(const AdafactorOptions& o);
};

extern template class Method<Adafactor, AdafactorOptions, AdafactorState>;

}  // namespace tare::optim
