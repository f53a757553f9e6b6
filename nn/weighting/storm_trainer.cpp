#include "nn/weighting/storm_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/functional_call.h"

namespace tare::nn {
namespace {

constexpr std::string_view kWho = "StormTrainer";

Tensor losses_of(const Tensor& logits, const Tensor& labels) { return cross_entropy(logits, labels, {.reduction = Reduction::none}); }

/// The leaves that are trained, by name.
NamedTensors trained(Module& model) {
  NamedTensors out;
  for (auto& e : model.parameters())
    if (e.tensor.requires_grad()) out.emplace_back(e.name, e.tensor);
  return out;
}

Tensors tensors_of(const NamedTensors& named) {
  Tensors out;
  for (auto& [name, t] : named) out.push_back(t);
  return out;
}

void write(const Tensor& leaf, const Tensor& value) {
  NoGrad off;
  copy_(leaf, value.detach());
}

}  // namespace

void StormTrainerOptions::visit(Visitor& v) {
  v.option("variant", variant);
  v.option("num_classes", num_classes);
  v.option("lr", lr);
  v.option("omega_lr", omega_lr);
  v.option("val_batch", val_batch);
  v.option("seed", seed);
  v.option("passes", passes);
  v.option("memory", memory);
  v.option("class_separation", class_separation);
  v.option("omega_reg", omega_reg);
  v.option("fd_step", fd_step);
}

StormTrainer::StormTrainer(Module& model, data::Dataset data, StormTrainerOptions o)
    : options(std::move(o)), model_(&model), data_(std::move(data)), random_(uint64_t(options.seed)) {
  check<ConfigError>(options.variant == "storm" || options.variant == "simplified", kWho, ": variant must be \"storm\" or \"simplified\", not \"", options.variant, "\"");
  check<ConfigError>(options.passes >= 1 && options.val_batch >= 0 && options.memory >= 0 && options.num_classes >= 0, kWho,
                     ": passes must be at least 1, and val_batch, memory and num_classes at least 0, not ", options.passes, ", ", options.val_batch, ", ",
                     options.memory, " and ", options.num_classes);
  check<ConfigError>(options.lr >= 0 && omega_lr() >= 0 && options.omega_reg >= 0 && options.fd_step > 0, kWho,
                     ": lr, omega_lr and omega_reg must be at least 0 and fd_step positive, not ", options.lr, ", ", omega_lr(), ", ", options.omega_reg, " and ",
                     options.fd_step);
  Tensor labels = data_.targets();
  check<DTypeError>(labels.defined() && labels.dtype() == DType::int64 && labels.dim() == 1, kWho, ": expected one int64 label a sample");
  if (options.num_classes == 0) options.num_classes = int64_t(max(labels).item()) + 1;
  if (options.variant == "simplified") {
    rescalers_.push_back(std::make_unique<LossRescaler>());
    score_.assign(size_t(data_.size()), 1.0);
  } else {
    for (int64_t c = 0; c < (options.class_separation ? options.num_classes : 1); c++) rescalers_.push_back(std::make_unique<StormRescaler>());
    for (auto* memory : {&memory_, &validation_memory_})
      *memory = std::make_unique<StormMemory>(options.num_classes, options.memory, options.class_separation);
  }
  of_model_.resize(trained(model).size());
  size_t leaves = 0;
  for (auto& r : rescalers_) leaves += r->parameters().size();
  of_rescalers_.resize(leaves);
}

double StormTrainer::step(const std::vector<int64_t>& indices, const Update& update) {
  check<ConfigError>(!update || options.variant == "simplified", kWho, ": variant \"storm\" differentiates its own Adam step and takes no other update");
  data::Batch batch = data_.get(indices);
  return options.variant == "storm" ? full_step(batch) : simplified_step(batch, indices, update);
}

std::vector<int64_t> StormTrainer::draw(int64_t count) {
  count = std::min(count, data_.size());
  if (score_.empty()) {  // uniformly
    std::vector<int64_t> all = data::permutation(data_.size(), random_);
    random_.position += uint64_t(data_.size());
    all.resize(size_t(count));
    return all;
  }
  // The `count` largest of u^(1 / score), u uniform: a draw without replacement (Efraimidis and Spirakis, 2006).
  std::vector<double> key(score_.size());
  for (size_t i = 0; i < key.size(); i++) key[i] = std::log1p(-random_.uniform()) / score_[i];
  std::vector<int64_t> order(key.size());
  std::iota(order.begin(), order.end(), int64_t(0));
  std::partial_sort(order.begin(), order.begin() + count, order.end(),
                    [&](int64_t a, int64_t b) { return key[size_t(a)] != key[size_t(b)] ? key[size_t(a)] > key[size_t(b)] : a < b; });
  order.resize(size_t(count));
  return order;
}

/// `objective` is minimised by one Adam step of all rescalers.
void StormTrainer::step_rescalers(const Tensor& objective) {
  Tensors leaves;
  for (auto& r : rescalers_)
    for (const Tensor& t : r->parameters().tensors()) leaves.push_back(t);
  Tensors found = grad({objective}, leaves, {.allow_unused = true});
  NoGrad off;
  for (size_t i = 0; i < leaves.size(); i++)
    if (found[i].defined()) write(leaves[i], leaves[i] - of_rescalers_[i].update(found[i], omega_lr()));
}

// ---- as published

/// (G, B, K): the logits of a pass that was made, and of G - 1 further ones off the tape.
Tensor StormTrainer::passes(const Tensor& x, const Tensor& first) {
  NoGrad off;
  FrozenStatistics frozen;
  Tensors all{first.detach()};
  for (int64_t g = 1; g < options.passes; g++) all.push_back(model_->call({&x, 1})[0]);
  return stack(all);
}

Tensor StormTrainer::weights_of_classes(const Tensor& features, const Tensor& labels) {
  std::vector<int64_t> label = labels.to_vector<int64_t>();
  Tensors parts;
  std::vector<int64_t> order;  // sample of each number in the parts
  for (size_t c = 0; c < rescalers_.size(); c++) {
    std::vector<int64_t> members;
    for (size_t i = 0; i < label.size(); i++)
      if (rescalers_.size() == 1 || label[i] == int64_t(c)) members.push_back(int64_t(i));
    if (members.empty()) continue;
    order.insert(order.end(), members.begin(), members.end());
    Tensor rows = index_select(features, 0, from_vector(members, {int64_t(members.size())}));
    parts.push_back(members.size() == 1 ? full({1}, 0.5, features.dtype()) : rescalers_[c]->call({&rows, 1})[0]);
  }
  std::vector<int64_t> place(order.size());
  for (size_t k = 0; k < order.size(); k++) place[size_t(order[k])] = int64_t(k);
  return index_select(cat(parts, 0), 0, from_vector(place, {int64_t(place.size())}));
}

double StormTrainer::full_step(const data::Batch& batch) {
  data::Batch second = data_.get(draw(options.val_batch > 0 ? options.val_batch : batch.x.size(0)));

  Tensor first = model_->call({&batch.x, 1})[0], losses = losses_of(first, batch.y);
  Tensor w = weights_of_classes(memory_->features(passes(batch.x, first), batch.y), batch.y);
  NamedTensors theta = trained(*model_), next;
  Tensors gradients = grad({sum(w * losses)}, tensors_of(theta), {.create_graph = true, .allow_unused = true});
  for (size_t i = 0; i < theta.size(); i++)
    next.emplace_back(theta[i].first, gradients[i].defined() ? theta[i].second.detach() - of_model_[i].update(gradients[i], options.lr) : theta[i].second.detach());

  Tensor meta = functional_call(*model_, next, [&] {
    Tensor there = model_->call({&second.x, 1})[0];
    return sum(weights_of_classes(validation_memory_->features(passes(second.x, there), second.y), second.y) * losses_of(there, second.y));
  });
  step_rescalers(meta);
  for (size_t i = 0; i < theta.size(); i++) write(theta[i].second, next[i].second);
  weights_ = w.detach(), logits_ = first.detach();
  return mean(weights_ * losses.detach()).item();
}

// ---- simplified

double StormTrainer::simplified_step(const data::Batch& batch, const std::vector<int64_t>& indices, const Update& update) {
  NamedTensors theta = trained(*model_);
  data::Batch second = data_.get(draw(options.val_batch > 0 ? options.val_batch : int64_t(indices.size())));
  Tensors towards;
  {
    FrozenStatistics frozen;
    towards = grad({mean(losses_of(model_->call({&second.x, 1})[0], second.y))}, tensors_of(theta), {.allow_unused = true});
  }
  double length = 0;
  for (const Tensor& g : towards)
    if (g.defined()) length += sum(square(g.detach())).item();
  double h = options.fd_step / std::max(std::sqrt(length), 1e-30);
  auto losses_at = [&](double distance) {
    NoGrad off;
    NamedTensors there;
    for (size_t i = 0; i < theta.size(); i++) there.emplace_back(theta[i].first, towards[i].defined() ? theta[i].second + towards[i] * distance : theta[i].second);
    return functional_call(*model_, there, [&] { return losses_of(model_->call({&batch.x, 1})[0], batch.y); });
  };
  Tensor align = (losses_at(h) - losses_at(-h)) / (2 * h), features;
  {
    NoGrad off;
    FrozenStatistics frozen;
    logits_ = model_->call({&batch.x, 1})[0].detach();
    features = rescaler_features(logits_, batch.y);
    align = (align - mean(align)) / (std(align) + 1e-12);
  }
  Module& omega = *rescalers_[0];
  Tensor w = omega.call({&features, 1})[0];
  step_rescalers(mean(square(w - 0.5)) * options.omega_reg - mean(w * align));
  {
    NoGrad off;
    weights_ = omega.call({&features, 1})[0].detach();
  }
  Tensor relative = weights_ / std::max(mean(weights_).item(), 1e-3);
  double value = 0;
  auto loss = [&] {
    Tensor total = mean(relative * losses_of(model_->call({&batch.x, 1})[0], batch.y));
    value = total.item();
    return total;
  };
  if (update) {
    update(loss);
  } else {
    Tensors found = grad({loss()}, tensors_of(theta), {.allow_unused = true});
    NoGrad off;
    for (size_t i = 0; i < theta.size(); i++)
      if (found[i].defined()) write(theta[i].second, theta[i].second - of_model_[i].update(found[i], options.lr));
  }
  std::vector<double> weight = weights_.to_vector<double>(), p = select(features, 1, 1).to_vector<double>();
  for (size_t i = 0; i < indices.size(); i++) score_[size_t(indices[i])] = std::max(weight[i] * p[i], 1e-4);
  return value;
}

void StormTrainer::visit(Visitor& v) {
  size_t place = 0;
  for (size_t c = 0; c < rescalers_.size(); c++)
    for (auto& [name, slot] : rescalers_[c]->state()) {
      Tensor value = slot;
      v.state(text("rescaler_", c, ".", name), value);
      if (value.is(slot)) continue;
      check<FileError>(value.defined() && value.shape() == slot.shape(), kWho, ": ", name, " of a rescaler is missing or of another shape");
      write(slot, value);
    }
  for (AdamMoments& m : of_rescalers_) m.visit(v, text("rescaler_moments_", place++, "."));
  place = 0;
  for (AdamMoments& m : of_model_) m.visit(v, text("moments_", place++, "."));
  if (memory_) memory_->visit(v, "memory"), validation_memory_->visit(v, "validation_memory");
  int64_t position = int64_t(random_.position);
  v.state("position", position);
  random_.position = uint64_t(position);
  v.state("score", score_);
}

}  // namespace tare::nn
