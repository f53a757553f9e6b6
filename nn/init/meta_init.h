// MetaInit: Initializing learning by learning to initialize (Dauphin and Schoenholz, NeurIPS 2019).
//
// A start is good where the gradient changes little along itself. With g the gradient of the loss and H its Hessian, the gradient quotient
//     GQ = 1/N sum |(g - H g) / (g + eps sign(g)) - 1|,   sign(0) = 1
// is 0 where the loss is linear. meta_init descends it in the norms of the weights alone, by the sign of its derivative with momentum.
#pragma once

#include <functional>

#include "autograd/parameter_list.h"

namespace tare::nn::init {

/// GQ of a scalar loss over parameters, on the tape: it can be differentiated.
Tensor gradient_quotient(const Tensor& loss, const Tensors& parameters, double eps = 1e-5);

struct MetaInitOptions {
  double lr = 0.1;
  double momentum = 0.9;
  int64_t steps = 100;
  double eps = 1e-5;
};
/// Changes the norms of the parameters with at least two axes; `loss` computes the loss of a fresh batch (of noise, even) at the present parameters. Returns GQ
/// before each step.
std::vector<double> meta_init(const ParameterList& parameters, const std::function<Tensor()>& loss, const MetaInitOptions& options = {});

}  // namespace tare::nn::init
