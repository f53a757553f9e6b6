#include "tests/optim/catalogue_samples.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"

namespace tare::optim::samples {

Json config(std::string_view type) {
  Json json = Json::object();
  json.set("type", type);
  const Row* row = nullptr;
  for (const Row& r : catalogue())
    if (r.name == type) row = &r;
  if (type == "FreezeGradients") json.set("params", Json::parse(R"(["k"])"));
  if (type == "MNGP") json.set("num_samples", 4);
  if (type == "LAWN") json.set("constrained", Json::parse(R"(["w"])"));
  if (type == "NaP" || type == "WeightProjection") json.set("project", Json::parse(R"(["w"])"));
  if (type == "Masked") json.set("params", Json::parse(R"(["w"])"));
  if (type == "Chain") json.set("parts", Json::parse(R"([{"type": "ClipByNorm"}, {"type": "Adam"}])"));
  else if (type == "PerGroup") json.set("parts", Json::parse(R"([{"type": "Masked", "params": ["w"], "base": {"type": "Muon"}}, {"type": "AdamW"}])"));
  else if (row->kind == Kind::wrapper || row->kind == Kind::sharpness) json.set("base", Json::parse(R"({"type": "SGD", "lr": 0.01, "momentum": 0.9})"));
  if (row->kind != Kind::transform) return json;
  Json chain = Json::parse(R"({"type": "Chain", "parts": [{"type": "SGD", "lr": 0.01, "momentum": 0.9}]})");
  auto& parts = chain["parts"].as_array();
  parts.insert(parts.begin(), json);
  return chain;
}

namespace {

Tensor waves(const Shape& shape, DType dtype, double speed, double phase) {
  std::vector<double> values;
  for (int64_t i = 0; i < shape.numel(); i++) values.push_back(std::sin(speed * double(i) + phase));
  return from_vector(values, shape, dtype);
}

}  // namespace

Problem::Problem(DType dtype, Shape matrix) {
  params.push_back({"w", waves(matrix, dtype, 1.3, 0.4).set_requires_grad(), "Linear", Role::weight, ""});
  params.push_back({"b", waves({matrix[0]}, dtype, 2.1, 1.0).set_requires_grad(), "Linear", Role::bias, ""});
  params.push_back({"k", waves({2, 3, 2, 2}, dtype, 0.7, 2.0).set_requires_grad(), "Conv2d", Role::weight, ""});
  for (auto& e : params) {
    targets.push_back(waves(e.tensor.shape(), dtype, 3.7, 0.1) * 0.5);
    weights.push_back(1.5 + waves(e.tensor.shape(), dtype, 0.9, double(weights.size())));
  }
}

Tensor Problem::loss() const {
  Tensor total, mix;
  for (size_t i = 0; i < params.size(); i++) {
    if (without_b && i == 1) continue;
    Tensor away = params[i].tensor - targets[i];
    Tensor part = sum(weights[i] * square(away)), sums = sum(away);
    total = total.defined() ? total + part : part;
    mix = mix.defined() ? mix + sums : sums;
  }
  Tensor samples = from_vector(std::vector<double>{0.7, 0.9, 1.1, 1.3}, {4}, total.dtype());
  return (0.5 * total + 0.1 * square(mix)) * samples;
}

std::vector<double> Problem::values() const {
  std::vector<double> out;
  for (auto& e : params) {
    auto numbers = e.tensor.to_vector<double>();
    out.insert(out.end(), numbers.begin(), numbers.end());
  }
  return out;
}

void steps(Optimizer& o, const Problem& p, int n) {
  for (int i = 0; i < n; i++) o.step(p.closure());
}

}  // namespace tare::optim::samples
