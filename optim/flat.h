// All parameters as one vector, in order: what methods with curvature of the whole model work on.
#pragma once

#include "core/tensor.h"
#include "optim/optimizer.h"

namespace tare::optim {

/// The tensors one after another, of the widest of the parameters' types; zeros where one is undefined.
Tensor flatten(const ParameterList& params, const Tensors& tensors);
/// The parameters themselves.
Tensor flatten(const ParameterList& params);
/// Cut into tensors of the parameters' shapes and types.
Tensors unflatten(const ParameterList& params, const Tensor& flat);
/// Every parameter <- its part of `flat`.
void assign_flat(const ParameterList& params, const Tensor& flat);
/// Every parameter <- itself + alpha * its part of `flat`.
void add_flat(const ParameterList& params, const Tensor& flat, double alpha);

}  // namespace tare::optim
