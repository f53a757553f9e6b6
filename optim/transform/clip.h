// Gradient clipping (Pascanu, Mikolov, Bengio, 2013, arXiv:1211.5063, for the norm):
//
//   ClipByNorm:   g <- g * min(1, max_norm / (||all gradients||_p + 1e-6))      one factor for all parameters, as in PyTorch
//   ClipByValue:  g <- clamp(g, -clip_value, clip_value)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ClipByNormOptions {
  double max_norm = 1;
  double norm_type = 2;  ///< p >= 1; "inf" for the largest absolute value
  bool error_if_nonfinite = false;  ///< throw ValueError when the norm is NaN or infinite; otherwise it is handed on, as in PyTorch
  void visit(Visitor& v);
};

class ClipByNorm : public Method<ClipByNorm, ClipByNormOptions> {
 public:
  static constexpr std::string_view type = "ClipByNorm";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const ClipByNormOptions& o);
};

struct ClipByValueOptions {
  double clip_value = 1;
  void visit(Visitor& v);
};

class ClipByValue : public Method<ClipByValue, ClipByValueOptions> {
 public:
  static constexpr std::string_view type = "ClipByValue";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const ClipByValueOptions& o);
};

/// g * min(1, max_norm / (norm + 1e-6)) for all gradients together (undefined ones stay), and the norm before. A norm that is not finite is handed on, unless
/// `error_if_nonfinite`: then it throws ValueError.
struct Clipped {
  Tensors grads;
  double norm;
};
Clipped clip_grad_norm(const Tensors& grads, double max_norm, double norm_type = 2, bool error_if_nonfinite = false);
/// The same on the .grad of the parameters; returns the norm before.
double clip_grad_norm(const ParameterList& params, double max_norm, double norm_type = 2, bool error_if_nonfinite = false);
/// Every number clamped to [-clip_value, clip_value].
Tensors clip_grad_value(const Tensors& grads, double clip_value);

inline ClipByNorm clip_by_norm(double max_norm) { return ClipByNorm(ClipByNormOptions{.max_norm = max_norm}); }
inline ClipByValue clip_by_value(double clip_value) { return ClipByValue(ClipByValueOptions{.clip_value = clip_value}); }

extern template class Method<ClipByNorm, ClipByNormOptions>;
extern template class Method<ClipByValue, ClipByValueOptions>;

}  // namespace tare::optim
