#include "optim/check.h"

#include "core/error.h"

namespace tare::optim {

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

}  // namespace tare::optim
