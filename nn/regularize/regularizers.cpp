#include "nn/regularize/regularizers.h"

#include <utility>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/glob.h"
#include "nn/recurrent/recurrent.h"
#include "nn/save.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

bool matches_any(const std::vector<std::string>& patterns, std::string_view path) {
  for (const std::string& p : patterns)
    if (glob_match(p, path)) return true;
  return false;
}

/// A pattern or a list of them under `key`, which is taken out of the entry.
std::vector<std::string> take_patterns(Json& entry, std::string_view key, const std::string& path) {
  std::vector<std::string> patterns;
  if (const Json* found = entry.find(key)) {
    std::string at = text(path, ".", key);
    if (found->is_string()) patterns.push_back(found->as_string(at));
    else
      for (const Json& p : found->as_array(at)) patterns.push_back(p.as_string(at));
    entry.erase(std::string(key));
  }
  return patterns;
}

/// (in, out / groups, ...) of a transposed convolution as (out, in / groups, ...).
Tensor outputs_first(const Tensor& w, Module& owner) {
  if (owner.type_name().substr(0, 13) != "ConvTranspose" || w.dim() < 3) return w;
  Json options = describe_module(owner);
  const Json* given = options.find("groups");
  int64_t groups = given ? given->as_int() : 1;
  Tensor by_group = transpose(unflatten(w, 0, {groups, w.size(0) / groups}), 1, 2);
  return flatten(by_group, 0, 1);
}

struct FindWeights : Walk {
  struct Site {
    std::string path;
    Tensor weight, bias;
  };
  const RegularizerTarget& target;
  std::vector<Site> found;
  std::string module_path;           // of the module whose parts are visited
  Module* site_owner = nullptr;      // the module of found.back()

  explicit FindWeights(const RegularizerTarget& t) : target(t) {}
  void on_slot(const std::string& path, Parameter& p, Role role) override {
    if (role == Role::bias || role == Role::norm_shift) {
      // Biases belong to the weight that their module named before them.
      if (!found.empty() && site_owner == owner && !found.back().bias.defined()) found.back().bias = p();
      return;
    }
    bool wanted = target.params.empty() ? p.shape().size() >= 2 && role != Role::embedding : matches_any(target.params, path);
    if (!wanted || matches_any(target.exclude, path)) {
      if (site_owner == owner) site_owner = nullptr;
      return;
    }
    Tensor w = p();
    if (context().grad_enabled && !w.requires_grad()) return;  // frozen
    found.push_back({path, outputs_first(w, *owner), {}});
    site_owner = owner;
  }
};

std::vector<FindWeights::Site> sites_of(Module& model, const RegularizerTarget& target) {
  FindWeights v(target);
  v.run(model);
  return std::move(v.found);
}

/// An RNN among the chosen. Throws ConfigError for one whose recurrence is not a single tanh layer in one direction.
bool is_recurrent(Module& module, const std::string& path, const RegularizerTarget& target) {
  auto* rnn = dynamic_cast<RNN*>(&module);
  if (!rnn || !(target.layers.empty() || matches_any(target.layers, path))) return false;
  const RNNOptions& o = rnn->options;
  check<ConfigError>(o.num_layers == 1 && !o.bidirectional && o.nonlinearity == "tanh", "the recurrence of ", path,
                     " can be watched for one tanh layer in one direction only, not for num_layers ", o.num_layers, ", nonlinearity \"", o.nonlinearity, "\"",
                     o.bidirectional ? ", bidirectional" : "", "; stack RNN layers instead");
  return true;
}

}  // namespace

Tensors weights_of(Module& model, const RegularizerTarget& target) {
  Tensors weights;
  for (auto& site : sites_of(model, target)) weights.push_back(site.weight);
  return weights;
}

RegularizerList::RegularizerList(Module& model, const Json& list, const std::string& path) : model_(&model) {
  if (list.is_null()) return;
  auto& all = list.as_array(path);
  for (size_t i = 0; i < all.size(); i++) {
    std::string at = text(path, ".", i);
    Json entry = all[i];
    RegularizerTarget target{.params = take_patterns(entry, "params", at), .exclude = take_patterns(entry, "exclude", at), .layers = take_patterns(entry, "layers", at)};
    try {
      add(AnyModule(build_module(entry, at)), std::move(target));
    } catch (const ValueError& e) {
      throw ConfigError(text(at, ": ", e.what()));
    }
  }
}

void RegularizerList::add(AnyModule module, RegularizerTarget target) {
  auto* regularizer = dynamic_cast<Regularizer*>(module.get());
  check<ValueError>(regularizer != nullptr, module.empty() ? std::string_view("an empty box") : module->type_name(), " is no regularizer; `tare list regularizers` shows them");
  Feed feed = regularizer->feed();
  if (feed == Feed::weights || feed == Feed::weights_and_biases) {
    NoGrad all;
    check<ValueError>(!sites_of(*model_, target).empty(), module->type_name(), ": no weight of the model matches ",
                      target.params.empty() ? std::string("the default (at least two dimensions, no embedding)") : text("\"", target.params[0], "\""));
  }
  if (feed == Feed::features) {
    check<ValueError>(!target.layers.empty(), module->type_name(), ": name the submodules whose outputs it watches, as \"layers\": [\"block*\"]");
    bool any = false;
    for (auto& [path, m] : model_->modules()) any = any || matches_any(target.layers, path);
    check<ValueError>(any, module->type_name(), ": no submodule of the model matches \"", target.layers[0], "\"");
  }
  if (feed == Feed::recurrence) {
    bool any = false;
    for (auto& [path, m] : model_->modules()) any = any || is_recurrent(*m, path, target);
    check<ValueError>(any, module->type_name(), ": the model has no RNN", target.layers.empty() ? std::string() : text(" that matches \"", target.layers[0], "\""));
  }
  entries_.push_back({std::move(module), feed, std::move(target)});
}

bool RegularizerList::wants_input_gradient() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.feed == Feed::pass; });
}

std::unique_ptr<Module::ObserverScope> RegularizerList::watch() {
  bool any = false;
  for (Entry& e : entries_)
    if (e.feed == Feed::features || e.feed == Feed::recurrence) any = true, e.features.clear(), e.recurrent.clear();
  if (!any) return nullptr;
  return model_->observe([this](const Module::Event& event) {
    for (Entry& e : entries_)
      if (e.feed == Feed::features && !event.outputs.empty() && matches_any(e.target.layers, event.path)) e.features.push_back(event.outputs[0]);
      else if (e.feed == Feed::recurrence && is_recurrent(event.module, event.path, e.target)) e.recurrent.emplace_back(&event.module, event.outputs);
  });
}

Tensors RegularizerList::recurrences_of(Entry& e, const Tensor& loss) {
  auto seen = std::exchange(e.recurrent, {});
  check<StateError>(!seen.empty() && loss.defined(), e.module->type_name(), ": it needs the loss, and watch() around the model's call");
  Tensors with;
  for (auto& [layer, outputs] : seen) {
    if (!loss.requires_grad() || !outputs[0].requires_grad()) continue;
    Tensors weight = weights_of(*layer, {.params = {"weight_hh_l0"}});
    if (weight.empty()) continue;  // frozen
    Tensor states = outputs[0].detach();
    Tensors found = grad({loss}, outputs, {.retain_graph = true, .allow_unused = true});
    Tensor error = found[0].defined() ? found[0].detach() : zeros_like(states);
    bool batched = states.dim() == 3, batch_first = batched && dynamic_cast<RNN&>(*layer).options.batch_first;
    auto by_time = [&](const Tensor& x) { return batch_first ? transpose(x, 0, 1) : batched ? x : unsqueeze(x, 1); };
    states = by_time(states), error = by_time(error);
    if (found[1].defined()) {  // the last state is an output too
      Tensor last = batched ? found[1].detach() : unsqueeze(found[1].detach(), 1);
      int64_t t = error.size(0) - 1;
      error = t ? cat({narrow(error, 0, 0, t), narrow(error, 0, t, 1) + last}, 0) : error + last;
    }
    with.insert(with.end(), {weight[0], states, error});
  }
  return with;
}

Tensors RegularizerList::inputs_of(Entry& e) {
  Tensors inputs;
  for (auto& site : sites_of(*model_, e.target)) {
    inputs.push_back(site.weight);
    if (e.feed == Feed::weights_and_biases) inputs.push_back(site.bias);
  }
  return inputs;
}

Tensor RegularizerList::penalty(const Tensor& input, const Tensor& output, const Tensor& loss) {
  Tensor total;
  for (Entry& e : entries_) {
    Tensors with;
    switch (e.feed) {
      case Feed::weights:
      case Feed::weights_and_biases: with = inputs_of(e); break;
      case Feed::features: with = std::move(e.features), e.features.clear(); break;
      case Feed::output: with = {output}; break;
      case Feed::pass: with = {output, input}; break;
      case Feed::recurrence: with = recurrences_of(e, loss); break;
    }
    if (with.empty()) continue;  // every weight it takes is frozen
    e.module->train(model_->training());
    Tensor term = e.module.call(with)[0];
    total = total.defined() ? total + term : term;
  }
  return total;
}

Json RegularizerList::to_json() {
  Json::Array all;
  for (Entry& e : entries_) all.push_back(module_to_json(*e.module));
  return Json(all);
}

void RegularizerList::load(const Json& json, const std::string& path) {
  auto& all = json.as_array(path);
  check<ConfigError>(all.size() == entries_.size(), path, ": ", all.size(), " regularizers were saved but the config has ", entries_.size());
  std::vector<AnyModule> loaded;
  for (size_t i = 0; i < all.size(); i++) {
    loaded.emplace_back(build_module(all[i], text(path, ".", i)));
    check<ConfigError>(loaded[i]->type_name() == entries_[i].module->type_name(), path, ".", i, ": a ", loaded[i]->type_name(), " was saved but the config has a ",
                       entries_[i].module->type_name());
  }
  for (size_t i = 0; i < all.size(); i++) entries_[i].module = std::move(loaded[i]);
}

}  // namespace tare::nn
