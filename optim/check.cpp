#include "optim/check.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/multi_tensor.h"
#include "optim/optimizer.h"

namespace tare::optim {
namespace {

constexpr std::string_view kNotNegative[] = {"lr",       "lr_1d",        "eps",      "momentum", "weight_decay", "weight_decay_1d",
                                             "lr_decay", "warmup_steps", "max_norm", "rho",      "damping",      "final_lr"};

struct CollectLengths : Visitor {
  std::vector<size_t> lengths;
  void option(std::string_view, std::vector<double>& v) override { lengths.push_back(v.size()); }
  using Visitor::option;
};

struct CheckNamed : Visitor {
  std::string_view who;
  std::vector<size_t> lengths;  // of the lists, by default
  size_t lists = 0;
  using Visitor::option;
  void option(std::string_view name, double& v) override {
    check<ConfigError>(!std::isnan(v), who, ": ", name, " is NaN");
    if (std::find(std::begin(kNotNegative), std::end(kNotNegative), name) != std::end(kNotNegative)) check_rate(who, name, v);
  }
  void option(std::string_view name, std::optional<double>& v) override {
    if (v) option(name, *v);
  }
  void option(std::string_view name, std::vector<double>& v) override {
    size_t expected = lengths[lists++];
    if (name == "betas" || name == "betas_1d") check_betas(who, v, expected);
    for (double x : v) check<ConfigError>(!std::isnan(x), who, ": ", name, " holds NaN");
  }
};

}  // namespace

void check_named(std::string_view who, VisitFunction visit, void* options, void* defaults) {
  CollectLengths collect;
  visit(defaults, collect);
  CheckNamed named;
  named.who = who;
  named.lengths = std::move(collect.lengths);
  visit(options, named);
}

void check_rate(std::string_view who, std::string_view name, double value) {
  check<ConfigError>(value >= 0, who, ": ", name, " must be at least 0, not ", value);
}

void check_range(std::string_view who, std::string_view name, double value, double lo, double hi) {
  check<ConfigError>(value >= lo && value < hi, who, ": ", name, " must be in [", lo, ", ", hi, "), not ", value);
}

void check_betas(std::string_view who, const std::vector<double>& betas, size_t count) {
  check<ConfigError>(betas.size() == count, who, ": betas must be ", count, " numbers, not ", betas.size());
  for (size_t i = 0; i < count; i++) check_range(who, text("betas.", i), betas[i], 0, 1);
}

void not_finite(const Step& s, std::string_view who, size_t i) {
  auto values = s.grads[i].to_vector<double>();
  size_t at = 0;
  while (at + 1 < values.size() && std::isfinite(values[at])) at++;
  throw ValueError(text(who, ": the gradient of parameter \"", s.params[i].name, "\" is ", values[at], " at element ", at, " of ", s.grads[i].shape(),
                        "; its values were left out of the step (find the cause with an Anomaly scope, or clip before it grows)"));
}

Tensor contiguous_gradient(const Step& s, size_t i) { return kernels::contiguous(s.grads[i]); }

Tensor finite_gradient(const Step& s, size_t i, std::string_view who) {
  Tensor g = contiguous_gradient(s, i);
  if (!std::isfinite(kernels::global_max_abs({&g, 1}))) not_finite(s, who, i);
  return g;
}

}  // namespace tare::optim
