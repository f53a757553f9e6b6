#include "nn/regularize/input_gradient.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"

namespace tare::nn {
namespace {

void check_pass(std::string_view who, const Tensor& y, const Tensor& x) {
  check<GradError>(x.requires_grad() && y.requires_grad(), who, ": the output must be computed from an input that requires a gradient");
  check<ShapeError>(y.dim() >= 1 && x.dim() >= 1 && y.size(0) == x.size(0), who, ": expected an output and an input of as many samples but they are ", y.shape(),
                    " and ", x.shape());
}

/// v^T dy/dx, on the tape; zeros when y does not depend on x.
Tensor pull_back(const Tensor& y, const Tensor& x, const Tensor& v) {
  Tensor g = grad(Tensors{y}, Tensors{x}, {.grad_outputs = {v}, .create_graph = true, .allow_unused = true})[0];
  return g.defined() ? g : zeros_like(x);
}

}  // namespace

void JacobianPenaltyOptions::visit(Visitor& v) {
  v.option("lambda", lambda);
  v.option("num_projections", num_projections);
}
JacobianPenalty::JacobianPenalty(Options o) : options(o) {
  check_factor(type, "lambda", o.lambda);
  check<ConfigError>(o.num_projections >= 0, type, ": num_projections must be at least 0 (0: exact), not ", o.num_projections);
}
Tensor JacobianPenalty::forward(const Tensor& y, const Tensor& x) {
  check_pass(type, y, x);
  int64_t samples = y.size(0), outputs = y.numel() / std::max<int64_t>(1, samples);
  Tensors terms;
  if (options.num_projections == 0) {
    for (int64_t c = 0; c < outputs; c++) {
      Tensor unit = expand(select(eye(outputs, outputs, y.dtype()), 0, c), {samples, outputs});
      terms.push_back(sum(square(pull_back(y, x, reshape(unit, y.shape())))));
    }
  } else {
    double factor = double(outputs) / double(options.num_projections);
    for (int64_t k = 0; k < options.num_projections; k++) {
      Tensor v = normalize(randn({samples, outputs}, y.dtype()), 2, 1);
      terms.push_back(factor * sum(square(pull_back(y, x, reshape(v, y.shape())))));
    }
  }
  return options.lambda / (2.0 * double(std::max<int64_t>(1, samples))) * add_up(terms, type);
}

void R1PenaltyOptions::visit(Visitor& v) { v.option("gamma", gamma); }
R1Penalty::R1Penalty(Options o) : options(o) { check_factor(type, "gamma", o.gamma); }
Tensor R1Penalty::forward(const Tensor& y, const Tensor& x) {
  check_pass(type, y, x);
  return options.gamma / (2.0 * double(std::max<int64_t>(1, x.size(0)))) * sum(square(pull_back(y, x, ones_like(y))));
}

Tensor gradient_penalty(const std::function<Tensor(const Tensor&)>& critic, const Tensor& real, const Tensor& fake, const GradientPenaltyOptions& o) {
  check<ShapeError>(real.shape() == fake.shape() && real.dim() >= 2, "gradient_penalty: expected real and fake samples [N, ...] of one shape but they are ",
                    real.shape(), " and ", fake.shape());
  Shape one_each(real.dim(), 1);
  one_each[0] = real.size(0);
  Tensor a = rand(one_each, real.dtype());
  Tensor z = (a * real.detach() + (1 - a) * fake.detach()).detach().set_requires_grad();
  Tensor y = critic(z);
  check<ShapeError>(y.numel() == real.size(0), "gradient_penalty: expected one number for each of the ", real.size(0), " samples but the critic gave ", y.shape());
  Tensor length = norm(flatten(pull_back(y, z, ones_like(y)), 1), 2, {1});
  Tensor excess = length - o.target;
  return o.lambda * mean(square(o.one_sided ? relu(excess) : excess));
}

template class Layer<JacobianPenalty>;
template class Layer<R1Penalty>;

}  // namespace tare::nn
