// Numbers measured on whole tensors, in double precision and in an order that does not depend on threads.
#pragma once

#include "core/tensor.h"

namespace tare::optim {

double norm_of(const Tensor& x);          ///< Euclidean
double max_abs_of(const Tensor& x);       ///< 0 for an empty tensor
double sum_of(const Tensor& x);
double dot_of(const Tensor& a, const Tensor& b);
double mean_square_of(const Tensor& x);   ///< 0 for an empty tensor
double rms_of(const Tensor& x);           ///< root of the mean square
/// The Euclidean norm of all defined tensors together.
double joint_norm_of(const Tensors& tensors);

}  // namespace tare::optim
