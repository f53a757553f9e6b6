// Checks of hyper-parameters, with messages that name the optimizer, the option and its value.
#pragma once

#include <string_view>
#include <vector>

namespace tare::optim {

/// value >= 0 (and not NaN).
void check_rate(std::string_view who, std::string_view name, double value);
/// lo <= value < hi.
void check_range(std::string_view who, std::string_view name, double value, double lo, double hi);
/// `count` numbers in [0, 1).
void check_betas(std::string_view who, const std::vector<double>& betas, size_t count);

}  // namespace tare::optim
