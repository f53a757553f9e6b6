#include "optim/kfac.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "optim/class_gradients.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

/// The weight's bias among the parameters, or -1: "X.bias" of "X.weight", as long as the matrix has rows.
int64_t bias_of(const Step& s, size_t i) {
  constexpr std::string_view kWeight = "weight";
  const std::string& name = s.params[i].name;
  if (s.param(i).dim() != 2 || !name.ends_with(kWeight)) return -1;
  std::string bias = name.substr(0, name.size() - kWeight.size()) + "bias";
  for (size_t k = 0; k < s.size(); k++)
    if (s.params[k].name == bias && s.param(k).shape() == Shape{s.param(i).size(0)}) return int64_t(k);
  return -1;
}

double mean_diagonal(const Tensor& a) { return sum_of(diagonal(a)) / double(a.size(0)); }

}  // namespace

void KFACOptions::visit(Visitor& v) { list_options(v, "lr", lr, "decay", decay, "damping", damping); }
void KFACState::visit(Visitor& v) { list_states(v, "A", A, "G", G, "step", step); }

void KFAC::check_options(const KFACOptions& o) {
  Method::check_options(o);
  check_range(type, "decay", o.decay, 0, 1);
}

void KFAC::apply(Step& s) {
  loss_of(s, type);
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) finite_gradient(s, i, type);
  Tensor each = gradients_of_each(s, type).detach();  // (samples, numbers)
  int64_t samples = each.size(0), at = 0;
  std::vector<int64_t> begin;
  for (auto& e : s.params) begin.push_back(at), at += e.tensor.numel();
  std::vector<bool> done(s.size());
  for (size_t i = 0; i < s.size(); i++) {
    int64_t k = bias_of(s, i);
    if (k < 0 || !s.grads[i].defined() || !s.grads[size_t(k)].defined()) continue;
    const KFACOptions& o = options(s.groups[i]);
    const Tensor &w = s.param(i), &b = s.param(size_t(k));
    int64_t rows = w.size(0), cols = w.size(1);
    Tensor g = narrow(each, 1, begin[size_t(k)], rows), outer = reshape(narrow(each, 1, begin[i], rows * cols), {samples, rows, cols});
    Tensor squares = sum(square(g), {1}, true), known = where(gt(squares, 0), ones_like(squares), zeros_like(squares));
    Tensor a = sum(outer * reshape(g, {samples, rows, 1}), {1}) / where(gt(squares, 0), squares, ones_like(squares));
    Tensor input = cat({a, ones({samples, 1}, a.dtype())}, 1) * known;
    double count = std::max(1.0, sum_of(known));

    KFACState& state = this->state(i);
    double keep = state.step++ == 0 ? 0 : o.decay;
    average_in(state.A, matmul(transpose(input), input) / count, keep);
    average_in(state.G, matmul(transpose(g), g) / double(samples), keep);
    double a_size = mean_diagonal(state.A), g_size = mean_diagonal(state.G);
    double pi = a_size > 0 && g_size > 0 ? std::sqrt(a_size / g_size) : 1;
    Tensor damped_a = state.A + eye(cols + 1, cols + 1, a.dtype()) * (std::sqrt(o.damping) * pi);
    Tensor damped_g = state.G + eye(rows, rows, a.dtype()) * (std::sqrt(o.damping) / pi);
    Tensor slope = cat({s.grads[i], reshape(s.grads[size_t(k)], {rows, 1})}, 1);
    Tensor d = transpose(solve(damped_a, transpose(solve(damped_g, slope))));
    add_in_place(w, narrow(d, 1, 0, cols), -o.lr);
    add_in_place(b, reshape(narrow(d, 1, cols, 1), {rows}), -options(s.groups[size_t(k)]).lr);
    done[i] = done[size_t(k)] = true;
  }
  for (size_t i = 0; i < s.size(); i++)
    if (!done[i] && s.grads[i].defined()) add_in_place(s.param(i), s.grads[i], -options(s.groups[i]).lr);
}

template class Method<KFAC, KFACOptions, KFACState>;

}  // namespace tare::optim
