// Fixup: residual learning without normalization (Zhang, Dauphin and Ma 2019, arXiv:1901.09321).
//
// With L residual branches of m weight layers each, one step of gradient descent changes the function by an amount that does not grow with depth when
//   1. the classifier and the last layer of every branch start at 0;
//   2. the other layers start as He et al. have it (deviation sqrt(2 / fan_out)), those inside a branch times L^(-1 / (2m - 2));
//   3. every branch has a scalar multiplier (1) and a scalar bias (0) before each layer and activation.
// Scalars train at a tenth of the rate of the weights: they have Role::other, and params.select(Role::other) is their group.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::nn {
class Module;
}

namespace tare::nn::init {

/// L^(-1 / (2m - 2)). Throws ValueError unless num_branches >= 1 and layers_per_branch >= 2.
double fixup_branch_scale(int64_t num_branches, int64_t layers_per_branch = 2);

/// Steps 1 and 2 for a model whose branches are FixupBasicBlocks and FixupMLPBlocks; `classifier` is the path of its last linear layer ("" when there
/// is none). Returns how many blocks there are; throws ConfigError when there is none, and whatever else the model holds keeps its start.
int64_t fixup(Module& model, std::string_view classifier);

}  // namespace tare::nn::init
