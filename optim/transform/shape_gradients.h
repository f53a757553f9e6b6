// Transforms that give each gradient another shape in space, without memory:
//
//   CentralizeGradients (Yong et al., 2020, arXiv:2004.01461):   g <- g - mean of g over all axes but the first; vectors stay
//   NormalizeGradients:      g <- g / (|g| + eps), the norm over all tensors, one tensor, or a row (all axes but the first; a vector is one row)
//   SignGradients (Bernstein et al., 2018, arXiv:1802.04434):    g <- sign(g)
//   OrthogonalizeGradients (Jordan et al., 2024, Muon):          matrices: g <- NS(g) sqrt(max(1, rows / columns)), optim/orthogonalize.h; kernels
//                                                               as matrices (out, rest); vectors stay
#pragma once

#include "optim/transform/gradient_map.h"

namespace tare::optim {

struct CentralizeGradientsOptions {
  void visit(Visitor&) {}
};

class CentralizeGradients : public GradientMap<CentralizeGradients, CentralizeGradientsOptions> {
 public:
  static constexpr std::string_view type = "CentralizeGradients";
  using GradientMap::GradientMap;
  Tensor transform(const Tensor& g, const Tensor& w, NoState& s, const CentralizeGradientsOptions& o);
};

enum class NormScope { all, tensor, row };

struct NormalizeGradientsOptions {
  NormScope per = NormScope::all;  ///< what is brought to norm 1
  double eps = 1e-12;
  void visit(Visitor& v);
};

class NormalizeGradients : public Method<NormalizeGradients, NormalizeGradientsOptions> {
 public:
  static constexpr std::string_view type = "NormalizeGradients";
  using Method::Method;
  void apply(Step& s) override;
};

struct SignGradientsOptions {
  void visit(Visitor&) {}
};

class SignGradients : public GradientMap<SignGradients, SignGradientsOptions> {
 public:
  static constexpr std::string_view type = "SignGradients";
  using GradientMap::GradientMap;
  Tensor transform(const Tensor& g, const Tensor& w, NoState& s, const SignGradientsOptions& o);
};

struct OrthogonalizeGradientsOptions {
  int64_t ns_steps = 5;  ///< at least 1
  double eps = 1e-7;
  void visit(Visitor& v);
};

class OrthogonalizeGradients : public GradientMap<OrthogonalizeGradients, OrthogonalizeGradientsOptions> {
 public:
  static constexpr std::string_view type = "OrthogonalizeGradients";
  using GradientMap::GradientMap;
  Tensor transform(const Tensor& g, const Tensor& w, NoState& s, const OrthogonalizeGradientsOptions& o);
  static void check_options(const OrthogonalizeGradientsOptions& o);
};

extern template class Method<NormalizeGradients, NormalizeGradientsOptions>;

}  // namespace tare::optim
