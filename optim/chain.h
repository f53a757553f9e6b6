// Chain: gradient transforms and optimizers one after another on the same step.
#pragma once

#include "optim/method.h"

namespace tare::optim {

/// Serialised as {"type": "Chain", "parts": [...]}; options are set by path "parts.0.lr".
class Chain : public Optimizer {
 public:
  static constexpr std::string_view type = "Chain";
  explicit Chain(std::vector<AnyOptimizer> parts);
  Chain(ParameterList params, std::vector<AnyOptimizer> parts);

  std::string_view type_name() const override { return type; }
  void visit_options(Visitor&, size_t) override {}
  void apply(Step& s) override;
  std::unique_ptr<Optimizer> clone() const override;
  void resize(size_t parameters, size_t groups) override;
  void move_state(const std::vector<int64_t>& map) override;
  std::vector<std::pair<std::string, Optimizer*>> inner() override;
  Tensor evaluation_weight(size_t i, const Tensor& w) const override;
  bool needs_closure() const override;
  static std::unique_ptr<Optimizer> create(const Json& json, const std::string& path);

 protected:
  /// The parts of {"type": who, "parts": [...]}.
  static std::vector<AnyOptimizer> read_parts(const Json& json, const std::string& path, std::string_view who);

  std::vector<AnyOptimizer> parts_;
};

/// chain(clip_by_norm(1.0), agc(0.01), AdamW{{.lr = 1e-3}}): unbound, for a wrapper or for bind().
template <class... O>
Chain chain(const O&... parts) {
  return Chain(std::vector<AnyOptimizer>{AnyOptimizer(parts)...});
}

}  // namespace tare::optim
