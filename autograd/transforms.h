// Transforms of functions: products with Jacobians and Hessians, and the matrices themselves.
//
// A function takes tensors and gives tensors, or one of each; inputs are differentiated where they are floating. With create_graph the
// results can be differentiated again, in the inputs and in the vectors. Where an output does not depend on an input there are zeros.
#pragma once

#include <functional>
#include <vector>

#include "core/tensor.h"

namespace tare {

using TensorsFunction = std::function<Tensors(const Tensors& inputs)>;
using TensorFunction = std::function<Tensor(const Tensor& input)>;

/// A function's values and a product at the same point.
struct Products {
  Tensors outputs, products;
};
struct Product {
  Tensor output, product;
};

/// J^T v: one v for each output, of its shape; products have the inputs' shapes.
Products vjp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph = false);
Product vjp(const TensorFunction& f, const Tensor& input, const Tensor& v, bool create_graph = false);
/// J v: one v for each input; products have the outputs' shapes. Two backward passes: J^T u is linear in u, and J is the derivative of
/// J^T u in u.
Products jvp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph = false);
Product jvp(const TensorFunction& f, const Tensor& input, const Tensor& v, bool create_graph = false);

/// [output][input]: the shape of the output, then that of the input. A backward pass for each number of the outputs.
std::vector<Tensors> jacobian(const TensorsFunction& f, const Tensors& inputs, bool create_graph = false);
Tensor jacobian(const TensorFunction& f, const Tensor& input, bool create_graph = false);

/// Second derivatives of a function of one number. hessian: [input][input]. hvp: H v; vhp: v^T H, the same numbers as long as second
/// derivatives are continuous.
std::vector<Tensors> hessian(const TensorsFunction& f, const Tensors& inputs, bool create_graph = false);
Tensor hessian(const TensorFunction& f, const Tensor& input, bool create_graph = false);
Products hvp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph = false);
Product hvp(const TensorFunction& f, const Tensor& input, const Tensor& v, bool create_graph = false);
Products vhp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph = false);
Product vhp(const TensorFunction& f, const Tensor& input, const Tensor& v, bool create_graph = false);

}  // namespace tare
