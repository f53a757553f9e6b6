#include "nn/reparam/low_rank.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "core/context.h"
#include "nn/init/init.h"
#include "nn/reparam/rows.h"

namespace tare::nn {

void LoRAOptions::visit(Visitor& v) {
  v.option("rank", rank);
  v.option("alpha", alpha);
  v.option("train_base", train_base);
}

LoRA::LoRA(Options o) : options(o) { check<ConfigError>(o.rank >= 1, "LoRA: rank must be at least 1, not ", o.rank); }

void LoRA::visit(Visitor& visitor) {
  RawWeight::visit(visitor);
  visitor.parameter("lora_A", a, Role::other);
  visitor.parameter("lora_B", b, Role::other);
}

Tensor LoRA::weight() {
  Tensor base = weight_orig();
  if (!options.train_base) base = base.detach();  // also when it has a reparameterization of its own
  return base + from_matrix(matmul(b(), a()), base.shape()) * (options.alpha / double(options.rank));
}

void LoRA::initialize(const Tensor& w, std::string_view path) {
  RawWeight::initialize(w, path);
  if (weight_orig.leaf().defined()) Tensor(weight_orig.leaf()).set_requires_grad(options.train_base);
  DefaultDtype dtype(w.dtype());
  Tensor m = as_matrix(w);
  a.start(init::kaiming_uniform({options.rank, m.size(1)}, std::sqrt(5.0)), path);
  b.start(init::zeros({m.size(0), options.rank}), path);
}

void LoRA::accept(const Tensor& w, std::string_view path) {
  Tensor m = as_matrix(w);
  check<ShapeError>(options.rank <= std::min(m.size(0), m.size(1)), type, ": rank = ", options.rank, " is more than ", path, " of shape ", w.shape(), " can have: ",
                    std::min(m.size(0), m.size(1)));
}

template class Reparam<LoRA, RawWeight>;

}  // namespace tare::nn
