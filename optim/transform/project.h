// Projections: what brings weights back to a set after each step. They stand BEHIND a method in a chain and leave gradients alone:
//
//   {"type": "Chain", "parts": [{"type": "AdamW"}, {"type": "MaxNorm", "max_norm": 2}]}
//
//   MaxNorm     rows (all weights of an output) longer than max_norm are shortened to it      (Srivastava et al., 2014)
//   UnitNorm    rows brought to length 1: the oblique manifold; rows of zeros stay             (axis "inputs": columns)
//   WeightClip  every number clamped to [-clip_value, clip_value]                              (Arjovsky et al., 2017, arXiv:1701.07875)
//
// Where nothing is selected by `params` or `role`: weights of at least two dimensions (WeightClip: every weight).
#pragma once

#include "optim/method.h"

namespace tare::optim {

enum class UnitAxis { outputs, inputs };  ///< rows or columns of a weight (out, in, ...)

struct MaxNormOptions {
  double max_norm = 2;
  UnitAxis axis = UnitAxis::outputs;
  std::vector<std::string> params{};  ///< patterns on paths; empty: by role
  void visit(Visitor& v);
};
class MaxNorm : public Method<MaxNorm, MaxNormOptions> {
 public:
  static constexpr std::string_view type = "MaxNorm";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const MaxNormOptions& o);
};

struct UnitNormOptions {
  UnitAxis axis = UnitAxis::outputs;
  std::vector<std::string> params{};
  void visit(Visitor& v);
};
class UnitNorm : public Method<UnitNorm, UnitNormOptions> {
 public:
  static constexpr std::string_view type = "UnitNorm";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const UnitNormOptions&) {}
};

struct WeightClipOptions {
  double clip_value = 0.01;
  std::vector<std::string> params{};
  void visit(Visitor& v);
};
class WeightClip : public Method<WeightClip, WeightClipOptions> {
 public:
  static constexpr std::string_view type = "WeightClip";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const WeightClipOptions& o);
};

/// Which parameters of the step a projection is for: those a pattern matches; without patterns those of role weight with at least
/// `least_dimensions`. Throws ConfigError naming a pattern that matches nothing.
std::vector<size_t> projected(const Step& s, const std::vector<std::string>& params, int least_dimensions, std::string_view who);

extern template class Method<MaxNorm, MaxNormOptions>;
extern template class Method<UnitNorm, UnitNormOptions>;
extern template class Method<WeightClip, WeightClipOptions>;

}  // namespace tare::optim
