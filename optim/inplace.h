// Writing parameters in place from tensor expressions, for methods that are not elementwise.
#pragma once

#include "core/tensor.h"

namespace tare::optim {

/// w <- value (broadcast, converted); counts the write.
void assign(const Tensor& w, const Tensor& value);
/// w <- w + alpha * d.
void add_in_place(const Tensor& w, const Tensor& d, double alpha = 1);
/// w <- factor * w.
void scale_in_place(const Tensor& w, double factor);
/// `t`, made of zeros like w when it is still undefined.
Tensor& zeros_on_first_use(Tensor& t, const Tensor& w);
/// average <- beta * average + (1 - beta) * x; an undefined average is one of zeros.
void average_in(Tensor& average, const Tensor& x, double beta);
/// Copies of all parameters, in order.
Tensors copies(const Tensors& tensors);

}  // namespace tare::optim
