// Rows of `tare bench` for whole catalogues: `tare bench --filter norm2d_`, `--filter linear_512_`, `--filter step_10M_`.
//
//   norm2d_<Type>       forward in training mode and backward on (32, 64, 28, 28): at least 5 passes over 6.4 MB (x, y; dy, x or y, dx)
//   linear_512_<Type>   a Linear 512 x 512 on 128 rows with the reparameterization on its weight, forward and backward
//   step_10M_<Type>     one optimizer step over 40 tensors of 500 x 500. At least it reads the gradient, and reads and writes weights and state: for Adam 28 bytes a
//                       number, 280 MB. (More than a step moves where it leaves a part of its state alone: a queue of gradients, a copy of the first weights.)
#include <chrono>
#include <memory>

#include "bench.h"
#include "tare.h"

namespace tare::cli {
namespace {

Json of_type(std::string_view name) { return Json(Json::Object{{"type", name}}); }

Work norm_2d(const std::string& type) {
  auto model = std::make_shared<nn::Sequential>(nn::BatchNorm2d{64});
  if (type != "BatchNorm2d") nn::replace_norms(*model, type, {}, randn({2, 64, 28, 28}));
  check<ConfigError>((*model)[0].type_name() == type, "it is not for images");
  Tensor x = randn({32, 64, 28, 28}).set_requires_grad(), gradient = randn((*model)(x).shape());
  return [=] {
    x.set_grad({});
    model->zero_grad();
    (*model)(x).backward(gradient);
  };
}

BenchRow step_10M(const std::string& type) {
  // The row outlives its optimizer and keeps this number alone: over a hundred optimizers' states would fill the memory.
  auto bytes = std::make_shared<int64_t>(0);
  auto prepare = [type, bytes]() -> Work {
    std::vector<ParameterList::Entry> entries;
    for (int i = 0; i < 40; i++) {
      entries.push_back({text("w", i), (0.05 * randn({500, 500})).set_requires_grad(), "Linear", Role::weight, ""});
      entries.back().tensor.set_grad(1e-3 * randn({500, 500}));
    }
    std::shared_ptr<optim::Optimizer> method = optim::build(of_type(type), ParameterList(std::move(entries)));
    check<ConfigError>(!method->needs_closure(), "it evaluates the loss itself");
    // Until the state is there: AdaShift collects ten gradients before it moves.
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 12 && std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(1500); i++) method->step();
    *bytes = 3 * method->params().numel() * 4 + 2 * optim::state_bytes(*method);
    return [method] { method->step(); };
  };
  return {.name = "step_10M_" + type, .prepare = prepare, .least_bytes = [bytes] { return *bytes; }};
}

}  // namespace

Work reparametrized_linear(const nn::Reparameterization* reparam) {
  auto layer = std::make_shared<nn::Linear>(nn::LinearOptions{.in_features = 512, .out_features = 512, .bias = false});
  if (reparam) {
    layer->weight.start(abs(layer->weight()), "weight");  // Positive takes no others
    nn::reparametrize(*layer, "weight", *reparam);
  }
  Tensor x = randn({128, 512}), gradient = randn({128, 512});
  return [=] {
    layer->zero_grad();
    (*layer)(x).backward(gradient);
  };
}

std::vector<BenchRow> catalogue_rows(const std::string& filter) {
  std::vector<BenchRow> rows;
  if (filter.empty()) return rows;
  rows.push_back({"linear_512_plain", [] { return reparametrized_linear(nullptr); }});
  for (const nn::Row& row : nn::catalogue()) {
    std::string type(row.name);
    if (row.kind == nn::Kind::norm) rows.push_back({"norm2d_" + type, [type] { return norm_2d(type); }});
    if (row.kind == nn::Kind::reparam)
      rows.push_back({"linear_512_" + type, [type] { return reparametrized_linear(nn::build_reparam(of_type(type), "bench").get()); }});
  }
  for (const optim::Row& row : optim::catalogue())
    if (row.kind == optim::Kind::optimizer) rows.push_back(step_10M(std::string(row.name)));
  return rows;
}

}  // namespace tare::cli
