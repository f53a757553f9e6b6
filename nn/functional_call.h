// functional_call: a model's function of its parameters, without changing the model.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "nn/module.h"

namespace tare::nn {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Runs f() with the leaves named in `parameters` exchanged for other tensors of the same shapes (on the tape or not), and puts
/// the model's own back afterwards, also when f throws. Buffers are copied first and the copies discarded, so that running
/// statistics stay. Throws ConfigError for an unknown name, ShapeError for a shape that does not fit.
Tensor functional_call(Module& model, const NamedTensors& parameters, const std::function<Tensor()>& f);
/// The same with f = model(x).
Tensor functional_call(Module& model, const NamedTensors& parameters, const Tensor& x);

}  // namespace tare::nn
