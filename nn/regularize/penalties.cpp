#include "nn/regularize/penalties.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

Tensor absolute(const Tensors& weights, std::string_view who) {
  Tensors terms;
  for (const Tensor& w : weights) terms.push_back(sum(abs(w)));
  return add_up(terms, who);
}
Tensor half_squares(const Tensors& weights, std::string_view who) {
  Tensors terms;
  for (const Tensor& w : weights) terms.push_back(sum(square(w)));
  return 0.5 * add_up(terms, who);
}

}  // namespace

void L1Options::visit(Visitor& v) { v.option("lambda", lambda); }
L1::L1(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }
Tensor L1::forward(const Tensors& weights) { return options.lambda * absolute(weights, type); }

void L2Options::visit(Visitor& v) { v.option("lambda", lambda); }
L2::L2(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }
Tensor L2::forward(const Tensors& weights) { return options.lambda * half_squares(weights, type); }

void ElasticNetOptions::visit(Visitor& v) {
  v.option("l1", l1);
  v.option("l2", l2);
}
ElasticNet::ElasticNet(Options o) : options(o) {
  check_factor(type, "l1", o.l1);
  check_factor(type, "l2", o.l2);
}
Tensor ElasticNet::forward(const Tensors& weights) { return options.l1 * absolute(weights, type) + options.l2 * half_squares(weights, type); }

void GroupLassoOptions::visit(Visitor& v) {
  static constexpr std::string_view names[] = {"outputs", "inputs"};
  v.option("lambda", lambda);
  v.option("groups", groups, names);
}
GroupLasso::GroupLasso(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }
Tensor GroupLasso::forward(const Tensors& weights) {
  Tensors terms;
  for (const Tensor& w : weights) {
    Tensor groups = as_rows(options.groups == Options::Groups::outputs || w.dim() < 2 ? w : transpose(w, 0, 1), type);
    terms.push_back(std::sqrt(double(groups.size(1))) * sum(norm(groups, 2, {1})));
  }
  return options.lambda * add_up(terms, type);
}

template class Layer<L1>;
template class Layer<L2>;
template class Layer<ElasticNet>;
template class Layer<GroupLasso>;

}  // namespace tare::nn
