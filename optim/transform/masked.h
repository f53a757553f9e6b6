// Parts of an optimizer for parts of the parameters.
//
//   FreezeGradients   the parameters it selects lose their gradient: whatever follows in the chain skips them
//   Masked            its base sees only the parameters it selects (inverted: only the others); the others' gradients pass on untouched
//   PerGroup          several parts, of which each parameter gets one: the first that selects it. A part selects by being Masked, any other part takes
//                     what is left. Muon for matrices and AdamW for everything else:
//     {"type": "PerGroup", "parts": [{"type": "Masked", "params": ["*.weight"], "base": {"type": "Muon"}}, {"type": "AdamW"}]}
#pragma once

#include "optim/chain.h"
#include "optim/method.h"

namespace tare::optim {

struct FreezeGradientsOptions {
  std::vector<std::string> params{};  ///< patterns of paths ("*.bias")
  std::optional<std::string> role{};  ///< and the parameters of this role: "weight", "bias", "norm_scale", "norm_shift", "embedding", "other"
  void visit(Visitor& v);
};

class FreezeGradients : public Method<FreezeGradients, FreezeGradientsOptions> {
 public:
  static constexpr std::string_view type = "FreezeGradients";
  using Method::Method;
  void apply(Step& s) override;
};

struct MaskedOptions {
  std::vector<std::string> params{};  ///< as FreezeGradients'
  std::optional<std::string> role{};
  bool invert = false;
  void visit(Visitor& v);
};

class Masked : public Wrapper<Masked, MaskedOptions> {
 public:
  static constexpr std::string_view type = "Masked";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  /// Which parameters the base sees.
  std::vector<bool> seen(const ParameterList& all) const;
};

class PerGroup : public Chain {
 public:
  static constexpr std::string_view type = "PerGroup";
  using Chain::Chain;
  std::string_view type_name() const override { return type; }
  void apply(Step& s) override;
  std::unique_ptr<Optimizer> clone() const override;
  static std::unique_ptr<Optimizer> create(const Json& json, const std::string& path);
};

/// per_group(Masked(Muon{{...}}, {.params = {"*.weight"}}), AdamW{{...}}): unbound.
template <class... O>
PerGroup per_group(const O&... parts) {
  return PerGroup(std::vector<AnyOptimizer>{AnyOptimizer(parts)...});
}

extern template class Method<FreezeGradients, FreezeGradientsOptions>;
extern template class Wrapper<Masked, MaskedOptions>;

}  // namespace tare::optim
