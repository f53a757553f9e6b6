// Numbers measured on whole tensors, in double precision and in an order that does not depend on threads.
#pragma once

#include "core/tensor.h"

namespace tare::optim {

struct Step;

double norm_of(const Tensor& x);          ///< Euclidean
double max_abs_of(const Tensor& x);       ///< 0 for an empty tensor
double sum_of(const Tensor& x);
double dot_of(const Tensor& a, const Tensor& b);
double mean_square_of(const Tensor& x);   ///< 0 for an empty tensor
double rms_of(const Tensor& x);           ///< root of the mean square
/// The Euclidean norm of all defined tensors together.
double joint_norm_of(const Tensors& tensors);
/// The norm of all gradients. Throws ValueError naming the parameter whose gradient is NaN or infinite.
double gradient_norm_of(const Step& s, std::string_view who);
/// The step's loss, its mean when there is one per sample. Throws StateError when `who` was stepped without one, ValueError when it is NaN.
double loss_of(const Step& s, std::string_view who);

}  // namespace tare::optim
