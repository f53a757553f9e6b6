#include "nn/activation/trained.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

void PReLUOptions::visit(Visitor& v) {
  v.option("num_parameters", num_parameters);
  v.option("init", init);
}
void RReLUOptions::visit(Visitor& v) {
  v.option("lower", lower);
  v.option("upper", upper);
}
void SnakeOptions::visit(Visitor& v) {
  v.option("num_parameters", num_parameters);
  v.option("init", init);
  v.option("trained", trained);
}

PReLU::PReLU(Options o) : options(o) {
  check<ConfigError>(o.num_parameters >= 1, "PReLU: expected num_parameters of at least 1, not ", o.num_parameters);
  weight = Parameter(init::constant({o.num_parameters}, o.init));
}
void PReLU::visit(Visitor& v) { v.parameter("weight", weight); }
Tensor PReLU::forward(const Tensor& x) { return prelu(x, weight()); }

RReLU::RReLU(Options o) : options(o) { check<ConfigError>(o.lower <= o.upper, "RReLU: expected lower <= upper, not ", o.lower, " and ", o.upper); }
Tensor RReLU::forward(const Tensor& x) {
  if (!training()) return leaky_relu(x, (options.lower + options.upper) / 2);
  return where(gt(x, 0), x, x * uniform(x.shape(), options.lower, options.upper, x.dtype()));
}

Snake::Snake(Options o) : options(o) {
  check<ConfigError>(o.num_parameters >= 1, "Snake: expected num_parameters of at least 1, not ", o.num_parameters);
  check<ConfigError>(o.init != 0, "Snake: init must not be 0");
  if (o.trained) alpha = Parameter(init::constant({o.num_parameters}, o.init));
}
void Snake::visit(Visitor& v) { v.parameter("alpha", alpha); }
Tensor Snake::forward(const Tensor& x) {
  if (!options.trained) return x + square(sin(x * options.init)) / options.init;
  Tensor a = alpha();
  if (options.num_parameters > 1) {
    check<ShapeError>(x.dim() >= 2 && x.shape()[1] == options.num_parameters, "Snake: expected ", options.num_parameters, " channels along axis 1 but the input is ",
                      x.shape());
    Shape shape(x.dim(), 1);
    shape[1] = options.num_parameters;
    a = reshape(a, shape);
  }
  return x + square(sin(x * a)) / a;
}

template class Layer<PReLU>;
template class Layer<RReLU>;
template class Layer<Snake>;

}  // namespace tare::nn
