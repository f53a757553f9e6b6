// Every row of the catalogue of modules, on a sample configuration: JSON round trip, copy, move, dtype, gradients, evaluation.
#include "nn/catalogue.h"

#include <doctest/doctest.h>

#include "tests/nn/catalogue_samples.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

double largest_difference(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return INFINITY;
  double worst = 0;
  for (size_t i = 0; i < a.size(); i++) worst = std::max(worst, difference(a[i], b[i]));
  return worst;
}

}  // namespace

TEST_CASE("catalogue: every normalization has a sample") {
  for (const nn::Row& row : nn::catalogue()) {
    CAPTURE(row.name);
    if (row.kind == nn::Kind::norm) CHECK(std::any_of(layer_samples().begin(), layer_samples().end(), [&](auto& s) { return s.type() == row.name; }));
  }
}

TEST_CASE("catalogue: descriptions are one sentence, names are unique") {
  std::vector<std::string_view> names;
  for (const nn::Row& row : nn::catalogue()) {
    CAPTURE(row.name);
    names.push_back(row.name);
    if (row.kind != nn::Kind::other) CHECK((!row.description.empty() && row.description.back() == '.'));
  }
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("catalogue: a module read back from its JSON gives the same outputs and state") {
  for (const LayerSample& s : layer_samples()) {
    CAPTURE(s.json);
    DefaultDtype scope(DType::float64);
    manual_seed(5);
    auto m = build(s.json);
    if (s.scatter) scatter_parameters(*m);
    Tensors x = sample_inputs(s, DType::float64);
    if (!s.state_from_outside) m->call(x);
    for (bool training : {true, false}) {
      auto copy = nn::build_module(Json::parse(nn::module_to_json(*m).dump()));
      m->train(training);
      copy->train(training);
      FrozenStatistics frozen;
      CHECK(largest_difference(m->call(x), copy->call(x)) == 0);
      auto a = m->state(), b = copy->state();
      REQUIRE(a.size() == b.size());
      for (size_t i = 0; i < a.size(); i++) {
        CHECK(a[i].first == b[i].first);
        CHECK(difference(a[i].second, b[i].second) == 0);
      }
    }
  }
}

TEST_CASE("catalogue: a copy is independent, options keep their values") {
  for (const LayerSample& s : layer_samples()) {
    CAPTURE(s.json);
    DefaultDtype scope(DType::float64);
    auto m = build(s.json);
    if (s.scatter) scatter_parameters(*m);
    Tensors x = sample_inputs(s, DType::float64);
    auto copy = m->clone();
    CHECK(nn::describe_module(*m) == nn::describe_module(*copy));
    Tensors before = m->call(x);
    auto state = m->state();
    for (auto& p : copy->parameters()) {
      NoGrad off;
      for (int64_t i = 0; i < p.tensor.numel(); i++) p.tensor.mutable_data<double>()[i] += 1;
    }
    auto after = m->state();
    for (size_t i = 0; i < state.size(); i++) CHECK(difference(state[i].second, after[i].second) == 0);
  }
}

TEST_CASE("catalogue: float32 agrees with float64, and gives float32") {
  for (const LayerSample& s : layer_samples()) {
    CAPTURE(s.json);
    Tensors x = sample_inputs(s, DType::float32), wide;
    for (const Tensor& t : x) wide.push_back(is_floating(t.dtype()) ? to(t, DType::float64) : t);
    manual_seed(5);
    auto m = build(s.json, DType::float64);
    if (s.scatter) scatter_parameters(*m);
    auto narrow = m->clone();
    narrow->to(DType::float32);
    DefaultDtype scope(DType::float32);
    Tensors y = narrow->call(x), want = m->call(wide);
    for (size_t i = 0; i < y.size(); i++) {
      if (is_floating(want[i].dtype())) CHECK(y[i].dtype() == DType::float32);
      double size = 1;
      for (double v : want[i].to_vector<double>()) size = std::max(size, std::abs(v));
      CHECK(difference(y[i], want[i]) < s.float32_tolerance * size);
    }
  }
}

TEST_CASE("catalogue: gradients of inputs and parameters agree with finite differences") {
  for (const LayerSample& s : layer_samples()) {
    if (s.gradient != Gradient::exact) continue;
    CAPTURE(s.json);
    DefaultDtype scope(DType::float64);
    manual_seed(5);
    auto m = build(s.json);
    if (s.scatter) scatter_parameters(*m);
    Tensors x = sample_inputs(s, DType::float64);
    m->call(x);  // statistics and data-dependent starts
    for (bool training : {true, false}) {
      CAPTURE(training);
      m->train(training);
      CHECK(gradient_error(*m, x) < s.gradient_tolerance);
    }
  }
}

TEST_CASE("catalogue: NaN in an input reaches the output") {
  for (const LayerSample& s : layer_samples()) {
    if (!s.nan_propagates) continue;
    CAPTURE(s.json);
    DefaultDtype scope(DType::float64);
    auto m = build(s.json);
    Tensors x = sample_inputs(s, DType::float64);
    x[0].mutable_data<double>()[x[0].numel() / 2] = NAN;
    for (bool training : {true, false}) {
      m->train(training);
      Tensors y = m->call(x);
      bool found = false;
      for (const Tensor& t : y) found = found || any_nan(t);
      CHECK(found);
    }
  }
}

TEST_CASE("catalogue: inputs of zeros give no NaN, forward or backward") {
  for (const LayerSample& s : layer_samples()) {
    if (!s.zeros_are_fine) continue;
    CAPTURE(s.json);
    DefaultDtype scope(DType::float64);
    auto m = build(s.json);
    Tensors x = sample_inputs(s, DType::float64);
    for (Tensor& t : x)
      if (is_floating(t.dtype())) t = zeros_like(t).set_requires_grad();
    Tensors y = m->call(x);
    for (const Tensor& t : y) CHECK(!any_nan(t));
    Tensor loss = probe(y);
    if (!loss.requires_grad()) continue;
    loss.backward();
    for (const Tensor& t : x)
      if (t.requires_grad() && t.grad().defined()) CHECK(!any_nan(t.grad()));
    for (auto& p : m->parameters())
      if (p.tensor.grad().defined()) CHECK(!any_nan(p.tensor.grad()));
  }
}
