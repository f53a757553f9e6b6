// Which weights a normalization follows: what NaP (optim/weight_projection.h) projects.
#pragma once

#include <string>
#include <vector>

#include "nn/module.h"

namespace tare::nn {

/// The names of the weights of layers whose next layer, in the model's order, is a normalization: their scale changes no output. A layer whose output goes
/// elsewhere first (an activation) or nowhere (the last) is not among them. Models that do not run their layers in the order they name them must list the
/// weights themselves.
std::vector<std::string> nap_parameters(Module& model);

}  // namespace tare::nn
