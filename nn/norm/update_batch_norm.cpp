#include "nn/norm/update_batch_norm.h"

#include <optional>
#include <vector>

#include "autograd/ops/factory.h"
#include "core/context.h"
#include "nn/parameter.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

struct FindMomentum : Visitor {
  std::optional<double>* momentum = nullptr;
  void option(std::string_view name, std::optional<double>& v) override {
    if (name == "momentum") momentum = &v;
  }
  using Visitor::option;
};

struct FindStatistics : Visitor {
  Buffer *mean = nullptr, *variance = nullptr, *batches = nullptr;
  void buffer(std::string_view name, Buffer& b) override {
    if (name == "running_mean") mean = &b;
    if (name == "running_var") variance = &b;
    if (name == "num_batches_tracked") batches = &b;
  }
};

struct CumulativeLayers : Walk {
  std::vector<std::pair<std::optional<double>*, std::optional<double>>> momenta;  // where, and what it was
  std::vector<std::pair<Module*, bool>> modes;
  void on_module(const std::string&, Module& m) override {
    modes.emplace_back(&m, m.training());
    FindMomentum option;
    FindStatistics found;
    m.visit_options(option);
    m.visit(found);
    if (!option.momentum || !found.mean || !found.variance || !found.batches || !found.mean->defined()) return;
    *found.mean = zeros_like((*found.mean)());
    *found.variance = ones_like((*found.variance)());
    *found.batches = zeros_like((*found.batches)());
    momenta.emplace_back(option.momentum, *option.momentum);
    option.momentum->reset();
  }
  ~CumulativeLayers() override {
    for (auto& [place, value] : momenta) *place = value;
    for (auto& [module, training] : modes) module->train(training);  // parents come first
  }
};

}  // namespace

int64_t update_batch_norm(Module& model, const std::function<void()>& passes) {
  NoGrad off;
  CumulativeLayers layers;
  layers.run(model);
  model.train();
  passes();
  return int64_t(layers.momenta.size());
}

}  // namespace tare::nn
