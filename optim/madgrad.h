// Adaptivity without Compromise: A Momentumized, Adaptive, Dual Averaged Gradient Method (Defazio and Jelassi, 2022, arXiv:2101.11075), and the
// mirror descent form of the authors' code (MirrorMADGRAD). a = lr + eps, as in that code; x0 the first weights.
//
//   MADGRAD:        l = a sqrt(t),  v <- v + l g^2,  s <- s + l g,  z = x0 - s / (cbrt(v) + eps)
//   MirrorMADGRAD:  v <- sqrt((t - 1) / t) v + g^2,  z <- z - a cbrt(t) g / (cbrt(v) + eps)       (z starts as x0)
//   both:           w <- momentum w + (1 - momentum) z
//
// Weight decay is L2; with weight_decouple MADGRAD subtracts a weight_decay w of the old w after the step, MirrorMADGRAD shrinks z before it.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct MADGRADOptions {
  double lr = 1e-2;
  double momentum = 0.9;  ///< in [0, 1)
  double weight_decay = 0;
  double eps = 1e-6;
  bool weight_decouple = false;
  void visit(Visitor& v);
};

struct MADGRADState {
  Tensor grad_sum_sq, s, x0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class MADGRAD : public Method<MADGRAD, MADGRADOptions, MADGRADState> {
 public:
  static constexpr std::string_view type = "MADGRAD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const MADGRADOptions& o);
};

struct MirrorMADGRADOptions {
  double lr = 1e-2;
  double momentum = 0.9;  ///< in [0, 1)
  double weight_decay = 0;
  double eps = 0;
  bool weight_decouple = false;
  void visit(Visitor& v);
};

struct MirrorMADGRADState {
  Tensor grad_sum_sq, z;
  int64_t step = 0;
  void visit(Visitor& v);
};

class MirrorMADGRAD : public Method<MirrorMADGRAD, MirrorMADGRADOptions, MirrorMADGRADState> {
 public:
  static constexpr std::string_view type = "MirrorMADGRAD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const MirrorMADGRADOptions& o);
};

extern template class Method<MADGRAD, MADGRADOptions, MADGRADState>;
extern template class Method<MirrorMADGRAD, MirrorMADGRADOptions, MirrorMADGRADState>;

}  // namespace tare::optim
