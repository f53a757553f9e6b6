#include "nn/test_function.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {

void TestFunctionOptions::visit(Visitor& v) {
  v.option("function", function);
  v.option("dim", dim);
  v.option("condition", condition);
  v.option("start", start);
  v.option("spread", spread);
}

TestFunction::TestFunction(Options o) : options(std::move(o)) {
  bool rosenbrock = options.function == "rosenbrock";
  check<ConfigError>(rosenbrock || options.function == "quadratic", "TestFunction: function must be \"rosenbrock\" or \"quadratic\", not \"", options.function, "\"");
  check<ConfigError>(options.dim >= 2, "TestFunction: dim must be at least 2, not ", options.dim);
  check<ConfigError>(options.condition >= 1, "TestFunction: condition must be at least 1, not ", options.condition);
  check<ConfigError>(options.spread >= 0, "TestFunction: spread must be at least 0, not ", options.spread);
  check<ConfigError>(options.start.empty() || int64_t(options.start.size()) == options.dim, "TestFunction: expected ", options.dim, " numbers (dim) as start but found ",
                     options.start.size());
  std::vector<double> at = options.start;
  for (int64_t i = int64_t(at.size()); i < options.dim; i++) at.push_back(!rosenbrock ? 2 : i % 2 == 0 ? -1.2 : 1);
  Tensor point = init::normal({options.dim}, 0, options.spread);
  x = Parameter(point + from_vector(at, {options.dim}, point.dtype()));
}

void TestFunction::visit(Visitor& v) { v.parameter("x", x); }

Tensor TestFunction::forward(const Tensor& input) {
  check<ShapeError>(input.dim() >= 1, "TestFunction: expected an input of at least one axis, which counts the samples");
  int64_t n = options.dim;
  Tensor value;
  if (options.function == "rosenbrock") {
    Tensor a = narrow(x(), 0, 0, n - 1), b = narrow(x(), 0, 1, n - 1);
    value = sum(100 * square(b - square(a)) + square(1 - a));
  } else {
    std::vector<double> curvature;
    for (int64_t i = 0; i < n; i++) curvature.push_back(std::pow(options.condition, double(i) / double(n - 1) - 0.5));
    Tensor away = x() - 1, along = away - (2 / double(n)) * sum(away);
    value = 0.5 * sum(from_vector(curvature, {n}, x().dtype()) * square(along));
  }
  return expand(value, {input.size(0)});
}

template class Layer<TestFunction>;

}  // namespace tare::nn
