// tare list: the catalogues with options and defaults.
#include <algorithm>
#include <cstdio>
#include <map>

#include "cli.h"
#include "core/data/catalogue.h"
#include "core/json.h"
#include "examples/cli/all_functions.h"
#include "examples/cli/page.h"
#include "nn/catalogue.h"
#include "nn/save.h"
#include "optim/catalogue.h"
#include "optim/schedule/catalogue.h"
#include "optim/state_size.h"

namespace tare::cli {
namespace {

struct Entry {
  std::string name, description, paper;
  Json options;  // null when the type cannot be made without arguments
  std::optional<double> state{};  // optimizers: bytes of state for each number of a float32 matrix
};
using Entries = std::vector<Entry>;

/// The options of a type made from its defaults, without the type itself; null when it needs arguments.
template <class Make>
Json default_options(Make make) {
  try {
    Json json = make();
    json.erase("type");
    return json;
  } catch (const Error&) {
    return {};
  }
}

Json type_only(std::string_view name) {
  Json json = Json::object();
  json.set("type", name);
  return json;
}

Entries modules_of(nn::Kind kind) {
  Entries out;
  for (const nn::Row& r : nn::catalogue())
    if (r.kind == kind)
      out.push_back({std::string(r.name), std::string(r.description), std::string(r.paper), default_options([&] {
                       return nn::describe_module(*r.create(type_only(r.name), "list"));
                     })});
  return out;
}

/// What it keeps for each number, measured by steps on a small problem; wrappers around SGD, which keeps nothing.
std::optional<double> measured_state(const optim::Row& r) {
  Json json = type_only(r.name), sgd = type_only("SGD");
  try {
    return optim::state_bytes_per_number(*r.create(json, "list"));
  } catch (const Error&) {
  }
  try {
    json.set("base", sgd);
    return optim::state_bytes_per_number(*r.create(json, "list"));
  } catch (const Error&) {
    return {};
  }
}

Entries optimizers_of(std::initializer_list<optim::Kind> kinds) {
  Entries out;
  for (const optim::Row& r : optim::catalogue())
    for (optim::Kind k : kinds)
      if (r.kind == k)
        out.push_back({std::string(r.name), std::string(r.description), std::string(r.paper), default_options([&] {
                         return r.create(type_only(r.name), "list")->describe();
                       }),
                       measured_state(r)});
  return out;
}

Entries functions_entries() {
  Entries out;
  for (const Function& f : all_functions()) {
    const char* gradient = f.kind == Gradient::exact ? "exact gradient" : f.kind == Gradient::approximate ? "approximate gradient" : "no gradient";
    out.push_back({std::string(f.name), f.description.empty() ? gradient : text(f.description, " (", gradient, ")"), std::string(f.paper), {}});
  }
  std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return out;
}

const std::vector<std::pair<const char*, Entries (*)()>>& lists() {
  static const std::vector<std::pair<const char*, Entries (*)()>> all = {
      {"layers", [] { return modules_of(nn::Kind::layer); }},
      {"containers", [] { return modules_of(nn::Kind::container); }},
      {"norms", [] { return modules_of(nn::Kind::norm); }},
      {"activations", [] { return modules_of(nn::Kind::activation); }},
      {"attention", [] { return modules_of(nn::Kind::attention); }},
      {"recurrent", [] { return modules_of(nn::Kind::recurrent); }},
      {"losses", [] { return modules_of(nn::Kind::loss); }},
      {"flows", [] { return modules_of(nn::Kind::flow); }},
      {"saliency", [] { return modules_of(nn::Kind::saliency); }},
      {"analyses", [] { return modules_of(nn::Kind::analysis); }},
      {"reparams", [] { return modules_of(nn::Kind::reparam); }},
      {"regularizers", [] { return modules_of(nn::Kind::regularizer); }},
      {"optimizers", [] { return optimizers_of({optim::Kind::optimizer, optim::Kind::wrapper, optim::Kind::sharpness}); }},
      {"transforms", [] { return optimizers_of({optim::Kind::transform}); }},
      {"schedules",
       [] {
         Entries out;
         for (auto& r : optim::schedule_catalogue())
           out.push_back({std::string(r.name), std::string(r.description), "", default_options([&] { return r.create(type_only(r.name), "list")->describe(); })});
         return out;
       }},
      {"datasets",
       [] {
         Entries out;
         for (auto& r : data::catalogue()) out.push_back({std::string(r.type), std::string(r.description), "", r.defaults()});
         return out;
       }},
      {"functions", &functions_entries},
  };
  return all;
}

Json to_json(const Entries& entries) {
  Json::Array out;
  for (const Entry& e : entries) {
    Json j = Json::object();
    j.set("name", e.name);
    j.set("description", e.description);
    j.set("paper", e.paper);
    j.set("options", e.options);
    if (e.state) j.set("state_bytes_per_number", *e.state);
    out.push_back(j);
  }
  return Json(out);
}

void print(const char* title, const Entries& entries) {
  std::printf("%s (%zu)\n", title, entries.size());
  if (!entries.empty() && entries[0].state)
    std::printf("  state: bytes kept for each number of a float32 matrix (64, 64), measured after three steps; wrappers around SGD\n");
  for (const Entry& e : entries) {
    std::printf("  %-32s %s%s\n", e.name.c_str(), e.description.c_str(),
                text(e.state ? text("  state ", short_number(*e.state)) : "", e.paper.empty() ? "" : text("  [", e.paper, "]")).c_str());
    if (!e.options.is_null() && e.options.size()) {
      std::string line;
      for (auto& [key, value] : e.options.as_object()) line += (line.empty() ? "" : ", ") + key + "=" + value.dump(-1);
      std::printf("  %-32s   %s\n", "", line.c_str());
    }
  }
}

/// A row of the README's table: how many there are, and their names.
void print_row(const char* title, Entries entries) {
  std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.name < b.name; });
  std::string names;
  if (entries.size() > 250) names = text("`tare list ", title, "`");  // too many for a page
  else
    for (const Entry& e : entries) names += (names.empty() ? "" : ", ") + e.name;
  std::printf("| %s | %zu | %s |\n", title, entries.size(), names.c_str());
}

}  // namespace

int run_list(const ListOptions& o) {
  NoInit unfilled;
  if (o.markdown) std::printf("| kind | number | names |\n|---|---|---|\n");
  Json all = Json::object();
  bool found = false;
  std::vector<std::string_view> names{"all"};
  for (auto& [name, make] : lists()) {
    names.push_back(name);
    if (o.what != name && o.what != "all") continue;
    found = true;
    if (o.json) all.set(name, to_json(make()));
    else if (o.markdown) print_row(name, make());
    else print(name, make());
  }
  if (!found) {
    std::string near = nearest(o.what, names.data(), names.size());
    std::string known;
    for (auto n : names) known += (known.empty() ? "" : ", ") + std::string(n);
    throw ConfigError(text("list: there is no catalogue \"", o.what, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?"), " Known: ", known));
  }
  if (o.json) std::printf("%s\n", (o.what == "all" ? all : all.at(o.what)).dump(1).c_str());
  return 0;
}

}  // namespace tare::cli
