// One table over every normalization of the catalogue: large means, constant inputs, single samples, subnormal numbers, second derivatives.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "nn/catalogue.h"
#include "tests/nn/catalogue_samples.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

/// The samples whose type is a normalization.
std::vector<LayerSample> norm_samples() {
  std::vector<LayerSample> all;
  auto rows = nn::catalogue();
  for (const LayerSample& s : layer_samples())
    if (std::any_of(rows.begin(), rows.end(), [&](const nn::Row& r) { return r.kind == nn::Kind::norm && r.name == s.type(); })) all.push_back(s);
  return all;
}

Tensors in_dtype(const Tensors& all, DType dtype) {
  Tensors out;
  for (const Tensor& t : all) out.push_back(is_floating(t.dtype()) ? to(t, dtype).detach() : t);
  return out;
}

double largest(const Tensor& t) {
  double worst = 0;
  for (double v : t.to_vector<double>()) worst = std::max(worst, std::abs(v));
  return worst;
}

/// Forward and backward give no NaN.
void check_finite(nn::Module& m, const Tensors& inputs) {
  Tensors in;
  for (const Tensor& t : inputs) in.push_back(is_floating(t.dtype()) ? t.detach().set_requires_grad() : t);
  Tensors out = m.call(in);
  for (const Tensor& y : out) CHECK(!any_nan(y));
  Tensor loss = probe(out);
  if (!loss.defined() || !loss.requires_grad()) return;
  m.zero_grad();
  loss.backward();
  for (const Tensor& t : in)
    if (t.requires_grad() && t.grad().defined()) CHECK(!any_nan(t.grad()));
  for (auto& p : m.parameters())
    if (p.tensor.grad().defined()) CHECK(!any_nan(p.tensor.grad()));
}

}  // namespace

TEST_CASE("every normalization: float32 agrees with float64 on numbers of mean 1e4 and deviation 1") {
  for (const LayerSample& s : norm_samples()) {
    CAPTURE(s.json);
    manual_seed(5);
    auto wide = build(s.json, DType::float64);
    if (s.scatter) scatter_parameters(*wide);
    auto narrow = wide->clone();
    narrow->to(DType::float32);
    if (s.inputs[0].prepare) continue;  // matrices made of such numbers would be singular in float32
    Tensors x = in_dtype(sample_inputs(s, DType::float64, 70, 1e4), DType::float32);  // the numbers that float32 has: their distance is 1e-3
    Tensors got, want;
    {
      DefaultDtype scope(DType::float32);
      got = narrow->call(x);
    }
    DefaultDtype scope(DType::float64);
    want = wide->call(in_dtype(x, DType::float64));
    for (size_t i = 0; i < want.size(); i++)
      if (is_floating(want[i].dtype())) CHECK(difference(got[i], want[i]) < 2e-3 * std::max(1.0, largest(want[i])));
  }
}

TEST_CASE("every normalization: constant and subnormal inputs give no NaN, forward or backward, in both types") {
  for (const LayerSample& s : norm_samples()) {
    if (!s.zeros_are_fine) continue;
    CAPTURE(s.json);
    for (DType dtype : {DType::float32, DType::float64}) {
      DefaultDtype scope(dtype);
      auto m = build(s.json, dtype);
      for (bool training : {true, false}) {
        m->train(training);
        check_finite(*m, in_dtype(sample_inputs(s, DType::float64, 70, 3, 0), dtype));
        if (s.type() == "UncenteredBatchNorm1d") continue;  // without an eps the derivative at a length of 1e-310 is beyond the largest number
        check_finite(*m, in_dtype(sample_inputs(s, DType::float64, 70, 0, dtype == DType::float32 ? 1e-40 : 1e-310), dtype));
      }
    }
  }
}

TEST_CASE("every normalization: a single sample works, or is refused with a reason") {
  for (const LayerSample& s : norm_samples()) {
    CAPTURE(s.json);
    DefaultDtype scope(DType::float64);
    auto m = build(s.json);
    LayerSample one = s;
    int64_t n = s.inputs[0].shape.size() ? s.inputs[0].shape[0] : 1;
    for (SampleInput& in : one.inputs)
      if (in.shape.size() && in.shape[0] == n) in.shape[0] = 1;
    for (bool training : {true, false}) {
      m->train(training);
      try {
        check_finite(*m, sample_inputs(one, DType::float64, 70));
      } catch (const ValueError& e) {
        CHECK(std::string(e.what()).find("expected") != std::string::npos);
      } catch (const ShapeError& e) {
        CHECK(std::string(e.what()).find("expected") != std::string::npos);
      }
    }
  }
}

TEST_CASE("batch statistics: one value per channel is an error in training that names the layer, as in PyTorch, and fine in evaluation") {
  for (const char* type : {"BatchNorm1d", "BatchRenorm1d", "GhostBatchNorm1d", "L1BatchNorm1d", "SwitchableNorm1d", "IterNorm", "DecorrelatedBatchNorm", "ActNorm1d",
                           "SyncBatchNorm"}) {
    CAPTURE(std::string(type));
    auto m = build(std::string(R"({"type": ")") + type + R"(", "num_features": 3})", DType::float32);
    Tensor x = sample({1, 3}, 1, DType::float32);
    CHECK_THROWS_WITH_AS(m->call({&x, 1}), doctest::Contains((std::string(type) + ": expected more than 1 value per channel").c_str()), ValueError);
    m->eval();
    CHECK(!any_nan(m->call({&x, 1})[0]));
  }
}

TEST_CASE("every normalization: one channel is enough") {
  for (const char* json : {R"({"type": "BatchNorm2d", "num_features": 1})", R"({"type": "BatchRenorm2d", "num_features": 1})", R"({"type": "IterNorm", "num_features": 1})",
                           R"({"type": "DecorrelatedBatchNorm", "num_features": 1})", R"({"type": "SwitchableNorm2d", "num_features": 1})",
                           R"({"type": "PositionalNorm"})", R"({"type": "LayerNorm2d", "num_features": 1})", R"({"type": "PixelNorm"})",
                           R"({"type": "GlobalResponseNorm", "num_features": 1, "channels_last": false})", R"({"type": "MABN2d", "num_features": 1})",
                           R"({"type": "DivisiveNorm2d", "num_features": 1, "sum_window": 3, "sup_window": 3})",
                           R"({"type": "ILMGroupNorm", "num_features": 1, "num_groups": 1, "key_group_size": 1})", R"({"type": "ActNorm2d", "num_features": 1})"}) {
    CAPTURE(std::string(json));
    DefaultDtype scope(DType::float64);
    auto m = build(json);
    for (double deviation : {1.0, 0.0}) check_finite(*m, {sample({3, 1, 2, 3}, 1, DType::float64, 2, deviation)});
  }
}

TEST_CASE("every normalization with an exact gradient: second derivatives agree with differences of the first") {
  for (const LayerSample& s : norm_samples()) {
    if (s.gradient != Gradient::exact) continue;
    CAPTURE(s.json);
    DefaultDtype scope(DType::float64);
    manual_seed(5);
    auto m = build(s.json);
    if (s.scatter) scatter_parameters(*m);
    Tensors x = sample_inputs(s, DType::float64, 70);
    m->call(x);
    FrozenStatistics frozen;
    Tensors leaves, in;
    for (const Tensor& t : x) {
      in.push_back(t.dtype() == DType::float64 ? t.detach().set_requires_grad() : t);
      if (in.back().requires_grad()) leaves.push_back(in.back());
    }
    for (auto& p : m->parameters())
      if (p.tensor.requires_grad()) leaves.push_back(p.tensor);
    auto first = [&](bool create) {
      Tensors g = grad({probe(m->call(in))}, leaves, {.create_graph = create, .allow_unused = true}), defined;
      for (const Tensor& t : g)
        if (t.defined()) defined.push_back(t);
      return probe(defined);
    };
    Tensor h = first(true);
    if (!h.requires_grad()) continue;  // linear in everything
    Tensors second = grad({h}, leaves, {.allow_unused = true});
    for (size_t k = 0; k < leaves.size(); k++)
      for (int64_t i = 0; i < std::min<int64_t>(2, leaves[k].numel()); i++) {
        double* at = leaves[k].mutable_data<double>() + i;
        double old = *at, step = 1e-5;
        *at = old + step;
        double up = first(false).item();
        *at = old - step;
        double down = first(false).item();
        *at = old;
        double numeric = (up - down) / (2 * step), got = second[k].defined() ? second[k].to_vector<double>()[size_t(i)] : 0.0;
        CHECK(std::abs(got - numeric) < 2e-5 * (1 + std::abs(numeric)));
      }
  }
}
