#include "examples/cli/vary.h"

#include <map>

#include "autograd/ops/factory.h"
#include "examples/cli/config.h"
#include "nn/catalogue.h"
#include "nn/edit.h"
#include "nn/reparam/reparameterization.h"
#include "nn/save.h"
#include "nn/tools/norm_tools.h"
#include "nn/walk.h"
#include "optim/catalogue.h"

namespace tare::cli {
namespace {

Json typed(const Json& choice) {
  if (!choice.is_string()) return choice;
  Json out = Json::object();
  out.set("type", choice);
  return out;
}

bool is_none(const Json& choice) { return choice.is_null() || (choice.is_string() && choice.as_string() == "none"); }

/// The variants of one layer for 1, 2 and 3 axes are one choice.
bool is_other_rank(std::string_view name, const std::vector<nn::Row>& rows) {
  if (!name.ends_with("1d") && !name.ends_with("3d")) return false;
  std::string twin = std::string(name.substr(0, name.size() - 2)) + "2d";
  for (const nn::Row& r : rows)
    if (r.name == twin) return true;
  return false;
}

std::vector<Json> every_choice(const std::string& key) {
  std::vector<Json> out;
  if (key == "optimizer") {
    for (const optim::Row& r : optim::catalogue())
      if (r.kind != optim::Kind::transform) out.emplace_back(r.name);
    return out;
  }
  std::map<std::string, nn::Kind> kinds{{"norm", nn::Kind::norm}, {"activation", nn::Kind::activation}, {"reparam", nn::Kind::reparam}};
  auto kind = kinds.find(key);
  check<ConfigError>(kind != kinds.end(), "--vary ", key, "=all: only norm, activation, reparam and optimizer have catalogues");
  std::vector<nn::Row> rows = nn::catalogue();
  out.emplace_back("none");
  for (const nn::Row& r : rows)
    if (r.kind == kind->second && !is_other_rank(r.name, rows)) out.emplace_back(r.name);
  return out;
}

// ---- layers

struct Site {
  std::string path;
  Shape input;
};

/// The exchangeable layers of a kind, in the order of the tree, with the shapes that arrive there.
std::vector<Site> sites_of(nn::Module& model, nn::Kind kind, const Tensor& x) {
  struct Boxes : nn::Walk {
    nn::Kind kind;
    std::vector<Site> found;
    void on_box(const std::string& path, nn::AnyModule& box) override {
      // A softmax gives probabilities to what follows: no activation may stand in for it.
      if (!box.empty() && nn::find_row(box->type_name(), "model").kind == kind && box->type_name().find("oftm") == std::string_view::npos) found.push_back({path, {}});
    }
  } boxes;
  boxes.kind = kind;
  boxes.run(model);
  std::map<std::string, Shape> shapes;
  {
    NoGrad off;
    auto watching = model.observe([&](const nn::Module::Event& e) {
      if (!e.inputs.empty()) shapes.emplace(e.path, e.inputs[0].shape());
    });
    model.eval();
    model.call({&x, 1});
    model.train();
  }
  std::vector<Site> out;
  for (Site& s : boxes.found)
    if (auto at = shapes.find(s.path); at != shapes.end()) out.push_back({s.path, at->second});
  return out;
}

/// Throws ConfigError unless the layer takes this input and keeps its shape.
void check_fit(nn::Module& layer, const Site& site) {
  Generator own(0);
  UseGenerator draws(own);
  NoGrad off;
  Tensor x = randn(site.input);
  Tensors y = layer.call({&x, 1});
  check<ConfigError>(y.size() == 1 && y[0].shape() == x.shape(), layer.type_name(), " does not fit layer ", site.path, ": it gives ",
                     y.size() == 1 ? text(y[0].shape()) : text(y.size(), " tensors"), " for ", x.shape());
}

void exchange_layers(nn::Module& model, const std::string& key, const Json& choice, const Tensor& x) {
  bool norm = key == "norm";
  std::vector<Site> sites = sites_of(model, norm ? nn::Kind::norm : nn::Kind::activation, x);
  check<ConfigError>(!sites.empty(), "--vary ", key, ": the model has no ", norm ? "normalization" : "activation", " layer to exchange");
  Json description = is_none(choice) ? typed(Json("Identity")) : typed(choice);
  std::string type = description.at("type", "--vary " + key).as_string("--vary " + key);
  if (norm && !is_none(choice)) {
    description.erase("type");
    nn::replace_norms(model, type, description, x);
    return;
  }
  for (const Site& site : sites) {
    nn::AnyModule with;
    with.from_json(description, "--vary " + key);
    nn::AnyModule trial = with;
    check_fit(*trial, site);
    nn::replace(model, site.path, with);
  }
}

void reparametrize_weights(nn::Module& model, const Json& choice) {
  if (is_none(choice)) return;
  struct Weights : nn::Walk {
    std::vector<std::string> found;
    void on_slot(const std::string& path, nn::Parameter& slot, Role role) override {
      if (role == Role::weight && owner && nn::find_row(owner->type_name(), "model").kind == nn::Kind::layer && slot.shape().size() >= 2)
        found.push_back(path);
    }
  } weights;
  weights.run(model);
  check<ConfigError>(!weights.found.empty(), "--vary reparam: the model has no weight of a linear or convolutional layer");
  for (const std::string& path : weights.found) nn::reparametrize(model, path, *nn::build_reparam(typed(choice), "--vary reparam"));
}

// ---- the optimizer

Json optimizer_choice(const Json& document, const Json& choice) {
  const Json* own = document.find("optimizer");
  Json present = own ? typed(*own) : typed(Json("AdamW"));
  if (present.at("type", "optimizer") == choice) return present;
  Json out = typed(choice);
  if (out.contains("base")) return out;
  for (const optim::Row& r : optim::catalogue())
    if (out.at("type", "--vary optimizer") == Json(r.name) && (r.kind == optim::Kind::wrapper || r.kind == optim::Kind::sharpness)) {
      Json with_base = out;
      with_base.set("base", present);
      try {
        r.create(with_base, "--vary optimizer");
        return with_base;
      } catch (const ConfigError&) {  // a wrapper that has no base by this name
      }
    }
  return out;
}

}  // namespace

Vary parse_vary(const std::string& argument) {
  size_t equal = argument.find('=');
  check<ConfigError>(equal != std::string::npos && equal > 0 && equal + 1 < argument.size(), "--vary ", argument, ": expected key=A,B,C");
  Vary v;
  v.key = argument.substr(0, equal);
  std::vector<std::string> parts(1);
  int depth = 0;
  bool quoted = false;
  for (char c : argument.substr(equal + 1)) {
    if (c == '"') quoted = !quoted;
    if (!quoted) depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (c == ',' && depth == 0 && !quoted) parts.emplace_back();
    else parts.back() += c;
  }
  if (parts.size() == 1 && parts[0] == "all") {
    v.all = true;
    v.choices = every_choice(v.key);
    return v;
  }
  for (const std::string& part : parts) {
    check<ConfigError>(!part.empty(), "--vary ", argument, ": a choice is empty");
    Json choice;
    try {
      choice = Json::parse(part, "--vary");
    } catch (const Error&) {
      choice = Json(part);  // a bare word
    }
    for (const Json& other : v.choices) check<ConfigError>(!(other == choice), "--vary ", argument, ": ", part, " stands there twice");
    v.choices.push_back(choice);
  }
  return v;
}

std::string choice_name(const Json& choice) {
  if (choice.is_string()) return choice.as_string();
  const Json* type = choice.find("type");
  if (!type || !type->is_string()) return choice.dump(-1);
  std::string options;
  for (auto& [key, value] : choice.as_object())
    if (key != "type") options += text(options.empty() ? "" : ", ", key, "=", value.is_object() ? choice_name(value) : value.dump(-1));
  return options.empty() ? type->as_string() : text(type->as_string(), "(", options, ")");
}

Json apply_choice(const Json& document, const std::string& key, const Json& choice, const Tensor& x) {
  Json out = document;
  if (key == "optimizer") {
    out.set("optimizer", optimizer_choice(document, choice));
  } else if (key == "norm" || key == "activation" || key == "reparam") {
    Generator own(0);
    UseGenerator draws(own);
    std::unique_ptr<nn::Module> model = nn::build_module(document.at("model", "config"), "model");
    if (key == "reparam") reparametrize_weights(*model, choice);
    else exchange_layers(*model, key, choice, x);
    out.set("model", nn::describe_module(*model));
  } else {
    out.set_path(key, choice);
  }
  return out;
}

}  // namespace tare::cli
