// Checks of hyper-parameters, with messages that name the optimizer, the option and its value.
#pragma once

#include <string_view>
#include <vector>

#include "core/options.h"

namespace tare::optim {

struct Step;

/// What the names of options promise: "lr", "eps", "momentum", "weight_decay", ... are at least 0, "betas" are as many as by default and each
/// in [0, 1), and no number is NaN. `visit` names the options of `options` and of `defaults`.
void check_named(std::string_view who, VisitFunction visit, void* options, void* defaults);

/// value >= 0 (and not NaN).
void check_rate(std::string_view who, std::string_view name, double value);
/// lo <= value < hi.
void check_range(std::string_view who, std::string_view name, double value, double lo, double hi);
/// `count` numbers in [0, 1).
void check_betas(std::string_view who, const std::vector<double>& betas, size_t count);

/// Throws ValueError naming parameter i and the first element of its gradient that is NaN or infinite.
[[noreturn]] void not_finite(const Step& s, std::string_view who, size_t i);
/// The gradient of parameter i in row-major order.
Tensor contiguous_gradient(const Step& s, size_t i);
/// The same; throws what not_finite throws when it is not.
Tensor finite_gradient(const Step& s, size_t i, std::string_view who);

}  // namespace tare::optim
