#include "nn/checkpoint.h"

#include "autograd/checkpoint.h"
#include "autograd/tape.h"
#include "nn/functional_call.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

struct Leaves : Walk {
  std::vector<Parameter*> all;
  void on_leaf(const std::string&, Parameter& p, Role) override { all.push_back(&p); }
};

// Copies of modules, buffers and flags included, on the very leaves of the originals.
class Twin {
 public:
  explicit Twin(const std::vector<Module*>& originals) {
    for (Module* m : originals) {
      layers_.push_back(m->clone());
      Leaves theirs, ours;
      theirs.run(*m), ours.run(*layers_.back());
      for (size_t i = 0; i < ours.all.size(); i++) {
        leaves_.emplace_back(ours.all[i], saved(theirs.all[i]->leaf()));
        ours.all[i]->exchange(theirs.all[i]->leaf());
      }
    }
  }
  ~Twin() {
    for (auto& [slot, tensor] : leaves_) slot->exchange(Tensor());  // a destroyed slot retires its leaf: not the originals'
  }
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  Tensor run(const Tensor& x) {
    for (auto& [slot, tensor] : leaves_) tensor.get();  // throws where one was changed in place
    // Statistics advance from where they were, in copies: a layer may read them before or after.
    ContextScope scope;
    context().frozen_statistics = frozen_;
    Tensor y = x;
    for (auto& layer : layers_) y = functional_call(*layer, {}, y);
    return y;
  }

 private:
  std::vector<std::unique_ptr<Module>> layers_;
  std::vector<std::pair<Parameter*, Saved>> leaves_;
  bool frozen_ = context().frozen_statistics;
};

template <class Run>
Tensor checkpointed(const std::vector<Module*>& modules, const Tensor& x, const Run& run) {
  if (!context().grad_enabled) return run(x);
  auto twin = std::make_shared<Twin>(modules);
  const Run* first = &run;
  return tare::checkpoint([twin, first](const Tensor& in) mutable { return first ? (*std::exchange(first, nullptr))(in) : twin->run(in); }, x);
}

}  // namespace

Tensor checkpoint(Module& module, const Tensor& x) {
  return checkpointed({&module}, x, [&](const Tensor& in) { return module.call({&in, 1})[0]; });
}

Tensor checkpoint_sequential(Sequential& model, int64_t segments, const Tensor& x) {
  auto n = static_cast<int64_t>(model.size());
  check<ValueError>(segments >= 1 && segments <= n, "checkpoint_sequential: ", segments, " segments of ", n, " layers");
  Tensor y = x;
  for (int64_t s = 0; s < segments; s++) {
    int64_t begin = n * s / segments, end = n * (s + 1) / segments;
    std::vector<Module*> modules;
    for (int64_t i = begin; i < end; i++) modules.push_back(&model[size_t(i)]);
    y = checkpointed(modules, y, [&](const Tensor& in) {
      Tensor z = in;
      for (int64_t i = begin; i < end; i++) at_path(text(i), model[size_t(i)], [&] { z = model[size_t(i)].call({&z, 1})[0]; });
      return z;
    });
  }
  return y;
}

}  // namespace tare::nn
