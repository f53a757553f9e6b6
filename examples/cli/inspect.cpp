// tare inspect: what is in a model, a checkpoint, an optimizer or a safetensors file.
#include <cmath>
#include <cstdio>

#include "cli.h"
#include "core/json.h"
#include "core/safetensors.h"

namespace tare::cli {
namespace {

void print_tensor(const std::string& name, const Tensor& t) {
  double low = INFINITY, high = -INFINITY, total = 0, squares = 0;
  int64_t bad = 0;
  auto values = t.to_vector<double>();
  for (double v : values) {
    if (!std::isfinite(v)) {
      bad++;
      continue;
    }
    low = std::min(low, v), high = std::max(high, v), total += v, squares += v * v;
  }
  double n = double(values.size()) - double(bad), mean = n > 0 ? total / n : 0;
  std::printf("  %-44s %-8s %-20s", name.c_str(), std::string(dtype_name(t.dtype())).c_str(), text(t.shape()).c_str());
  if (n > 0) std::printf(" mean %.4g  std %.4g  min %.4g  max %.4g", mean, std::sqrt(std::max(0.0, squares / n - mean * mean)), low, high);
  if (bad) std::printf("  %lld not finite", static_cast<long long>(bad));
  std::printf("\n");
}

struct Totals {
  int64_t tensors = 0, numbers = 0, bytes = 0;
};

/// Prints what is not a tensor in place and every tensor by its path.
void walk(const Json& json, const std::string& path, int depth, Totals& totals) {
  if (json.is_tensor()) {
    print_tensor(path, json.as_tensor());
    totals.tensors++;
    totals.numbers += json.as_tensor().numel();
    totals.bytes += json.as_tensor().numel() * item_size(json.as_tensor().dtype());
    return;
  }
  std::string indent(size_t(depth) * 2, ' ');
  if (json.is_object()) {
    for (auto& [key, value] : json.as_object()) {
      bool plain = !value.is_object() && !value.is_array() && !value.is_tensor();
      if (plain) std::printf("%s%s: %s\n", indent.c_str(), key.c_str(), value.dump(-1).c_str());
      else if (value.is_tensor() || key == "state") walk(value, path.empty() || key == "state" ? (key == "state" ? "" : key) : path + "." + key, depth + 1, totals);
      else {
        std::printf("%s%s:\n", indent.c_str(), key.c_str());
        walk(value, value.contains("type") ? "" : path.empty() ? key : path + "." + key, depth + 1, totals);
      }
    }
  } else if (json.is_array()) {
    auto& list = json.as_array();
    for (size_t i = 0; i < list.size(); i++) {
      if (list[i].is_object() || list[i].is_tensor() || list[i].is_array()) {
        std::printf("%s- %zu\n", indent.c_str(), i);
        walk(list[i], text(path, ".", i), depth + 1, totals);
      } else {
        std::printf("%s- %s\n", indent.c_str(), list[i].dump(-1).c_str());
      }
    }
  }
}

}  // namespace

int run_inspect(const InspectOptions& o) {
  Totals totals;
  if (o.file.ends_with(".safetensors")) {
    Json json = Json::object();
    for (auto& [name, t] : read_safetensors(o.file)) json.set(name, t);
    walk(json, "", 0, totals);
  } else {
    walk(Json::read_file(o.file), "", 0, totals);
  }
  std::printf("%lld tensors, %lld numbers, %lld bytes\n", static_cast<long long>(totals.tensors), static_cast<long long>(totals.numbers),
              static_cast<long long>(totals.bytes));
  return 0;
}

}  // namespace tare::cli
