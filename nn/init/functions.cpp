// Initializations in the table of functions.
#include <cmath>

#include "autograd/functions.h"
#include "autograd/ops/factory.h"
#include "nn/init/fixup.h"

namespace tare::nn::tables {
namespace {

const Function kInit[] = {
    {"fixup_branch_scale",
     [](const Inputs&, Keywords& o) -> Tensors { return {full({1}, init::fixup_branch_scale(o.integer("num_branches"), o.integer("layers_per_branch", 2)), DType::float64)}; },
     nullptr, Gradient::none, "What Fixup multiplies a branch's weights by: L^(-1 / (2m - 2)).", "fixup"},
};

}  // namespace

std::span<const Function> init() { return kInit; }

}  // namespace tare::nn::tables
