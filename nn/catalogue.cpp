// The one visible table of modules: type, kind, one sentence, paper. Sorted by name within each kind.
#include "nn/catalogue.h"

#include <map>
#include <mutex>
#include <vector>

#include "nn/activation/relu.h"
#include "nn/flatten.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/group_norm.h"
#include "nn/norm/instance_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/local_response_norm.h"
#include "nn/reparam/weight_norm.h"
#include "nn/sequential.h"

namespace tare::nn {
namespace {

template <class M>
constexpr Row row(Kind kind, std::string_view description, std::string_view paper = "") {
  return {M::type, kind, &M::create, description, paper};
}

const Row kRows[] = {
    // ---- layers
    row<Flatten>(Kind::layer, "A range of axes made one."),
    row<Linear>(Kind::layer, "Affine map of the last axis: x W^T + b."),
    // ---- containers
    row<Sequential>(Kind::container, "Modules one after another."),
    // ---- normalizations
    row<BatchNorm1d>(Kind::norm, "Channels by mean and variance of the batch: (N, C) or (N, C, L).", "batch_norm"),
    row<BatchNorm2d>(Kind::norm, "Channels by mean and variance of the batch: (N, C, H, W).", "batch_norm"),
    row<BatchNorm3d>(Kind::norm, "Channels by mean and variance of the batch: (N, C, D, H, W).", "batch_norm"),
    row<GroupNorm>(Kind::norm, "Groups of channels by mean and variance of each sample."),
    row<InstanceNorm1d>(Kind::norm, "Channels by mean and variance of each sample: (N, C, L)."),
    row<InstanceNorm2d>(Kind::norm, "Channels by mean and variance of each sample: (N, C, H, W)."),
    row<InstanceNorm3d>(Kind::norm, "Channels by mean and variance of each sample: (N, C, D, H, W)."),
    row<LayerNorm>(Kind::norm, "Trailing dimensions by their mean and variance.", "layer_norm"),
    row<LocalResponseNorm>(Kind::norm, "Channels divided by the activity of their neighbours."),
    // ---- activations
    row<ReLU>(Kind::activation, "max(x, 0)."),
    // ---- reparameterizations
    row<WeightNorm>(Kind::reparam, "A length times a direction: g v / ||v||.", "weight_norm"),
};

struct Registered {
  std::mutex mutex;
  std::map<std::string, Row> rows;              // the key owns the name
  std::map<const void*, std::string_view> names;
};
Registered& registered() {
  static Registered* r = new Registered;
  return *r;
}

}  // namespace

std::vector<Row> catalogue() {
  std::vector<Row> rows(std::begin(kRows), std::end(kRows));
  std::lock_guard lock(registered().mutex);
  for (auto& [name, row] : registered().rows) rows.push_back(row);
  return rows;
}

const Row& find_row(std::string_view name, const std::string& path) {
  for (const Row& r : kRows)
    if (r.name == name) return r;
  std::lock_guard lock(registered().mutex);
  auto it = registered().rows.find(std::string(name));
  if (it != registered().rows.end()) return it->second;
  std::vector<std::string_view> names;
  for (const Row& r : kRows) names.push_back(r.name);
  std::string near = nearest(name, names.data(), names.size());
  throw ConfigError(text(path, ": unknown type \"", name, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

namespace detail {
void add_registered(const void* type_key, std::string name, std::unique_ptr<Module> (*create)(const Json&, const std::string&)) {
  for (const Row& r : kRows) check<ConfigError>(r.name != name, "register_module: \"", name, "\" is the name of a module of the library");
  std::lock_guard lock(registered().mutex);
  auto [it, fresh] = registered().rows.try_emplace(name, Row{});
  check<ConfigError>(fresh || it->second.create == create, "register_module: \"", name, "\" is already registered for another type");
  it->second = Row{it->first, Kind::other, create, "Registered by the program.", ""};
  registered().names[type_key] = it->first;
}
}  // namespace detail

std::string_view registered_name(const void* type_key) {
  std::lock_guard lock(registered().mutex);
  auto it = registered().names.find(type_key);
  return it == registered().names.end() ? std::string_view("Module") : it->second;
}

}  // namespace tare::nn
