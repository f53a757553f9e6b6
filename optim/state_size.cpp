#include "optim/state_size.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::optim {
namespace {

struct CountBytes : Visitor {
  int64_t bytes = 0;
  using Visitor::state;
  void state(std::string_view, Tensor& t) override {
    if (t.defined()) bytes += t.numel() * item_size(t.dtype());
  }
  void state(std::string_view name, std::vector<Tensor>& list) override {
    for (Tensor& t : list) state(name, t);
  }
};

}  // namespace

int64_t state_bytes(Optimizer& o) {
  CountBytes count;
  o.visit_global_state(count);
  for (size_t i = 0; o.has_state(i); i++) o.visit_state(count, i);
  for (auto& [key, inside] : o.inner()) count.bytes += state_bytes(*inside);
  return count.bytes;
}

double state_bytes_per_number(const Optimizer& o) {
  std::unique_ptr<Optimizer> like = o.clone();
  Generator fixed(1);
  ParameterList params;
  params.push_back({"weight", randn({64, 64}, DType::float32, &fixed).set_requires_grad(), "Linear", Role::weight, ""});
  const Tensor& w = params[0].tensor;
  like->bind(params);
  UseGenerator own(fixed);
  for (int k = 0; k < 3; k++) like->step([&] { return reshape(mean(square(w)), {1}); });
  return double(state_bytes(*like)) / double(w.numel());
}

}  // namespace tare::optim
