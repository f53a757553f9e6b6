#include "nn/init/fixup.h"

#include <cmath>

#include "core/error.h"

namespace tare::nn::init {

double fixup_branch_scale(int64_t num_branches, int64_t layers_per_branch) {
  check<ValueError>(num_branches >= 1 && layers_per_branch >= 2, "fixup_branch_scale: expected at least 1 branch and at least 2 layers in each, not ", num_branches, " and ",
                    layers_per_branch);
  return std::pow(double(num_branches), -1.0 / double(2 * layers_per_branch - 2));
}

}  // namespace tare::nn::init
