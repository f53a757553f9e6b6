// Fixup: residual learning without normalization (Zhang, Dauphin and Ma 2019, arXiv:1901.09321).
//
// With L residual branches of m weight layers each, one step of gradient descent changes the function by an amount that does not grow with depth when
//   1. the classifier and the last layer of every branch start at 0;
//   2. the other layers of branches start as He et al. have it over fan-out (deviation sqrt(2 / fan_out)), times L^(-1 / (2m - 2));
//   3. every branch has a scalar multiplier (1) and a scalar bias (0) before each layer and activation.
// Scalars train at a tenth of the rate of the weights: they have Role::other, and params.select(Role::other) is their group.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::nn {

class Module;

namespace init {

/// L^(-1 / (2m - 2)). Throws ValueError unless num_branches >= 1 and layers_per_branch >= 2.
double fixup_branch_scale(int64_t num_branches, int64_t layers_per_branch = 2);

/// Starts every FixupBasicBlock and FixupMLPBlock of the model anew for their number, and the linear layer at path `classifier` ("": none) at 0; whatever else
/// the model holds keeps its start. Returns how many blocks there are; throws ConfigError when there is none.
int64_t fixup(Module& model, std::string_view classifier = "");

}  // namespace init
}  // namespace tare::nn
