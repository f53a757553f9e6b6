#include "autograd/trace.h"

#include <cmath>

#include "autograd/backward_pass.h"

namespace tare {
namespace {

struct Summary {
  double min = INFINITY, max = -INFINITY;
  int64_t bad = 0, count = 0;
};

Summary summarise(const Tensor& t) {
  Summary s;
  for (double v : t.to_vector<double>()) {
    s.count++;
    if (!std::isfinite(v)) s.bad++;
    else s.min = std::min(s.min, v), s.max = std::max(s.max, v);
  }
  return s;
}

std::string line(const Tensor& t) {
  if (!t.defined()) return "undefined";
  if (!is_floating(t.dtype())) return describe(t);
  Summary s = summarise(t);
  std::string range = s.bad < s.count ? text(" in [", s.min, ", ", s.max, "]") : std::string();
  return text(describe(t), range, s.bad ? text(", ", s.bad, " of ", s.count, " not finite") : std::string());
}

}  // namespace

void check_finite(const char* name, const char* pass, const Tensors& values, const Tensors& inputs) {
  for (const Tensor& v : values) {
    if (!v.defined() || !is_floating(v.dtype()) || summarise(v).bad == 0) continue;
    // Inside a vjp the guilty operation is the one it belongs to.
    const char* played = operation_played();
    std::string where = played && played != name ? text("backward of \"", played, "\" (in its \"", name, "\")") : text(pass, " of \"", name, "\"");
    std::string message = text("anomaly: ", where, " produced NaN or Inf: ", line(v));
    for (size_t i = 0; i < inputs.size(); i++) message += text("\n  input ", i, ": ", line(inputs[i]));
    if (const char* where = context().module_path) message += text("\n  in module ", where);
    throw GradError(message);
  }
}

}  // namespace tare
