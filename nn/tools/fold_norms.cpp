#include <memory>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/random.h"
#include "nn/catalogue.h"
#include "nn/conv/conv.h"
#include "nn/conv/conv_transpose.h"
#include "nn/edit.h"
#include "nn/linear.h"
#include "nn/sequential.h"
#include "nn/shape/identity.h"
#include "nn/tools/norm_tools.h"

namespace tare::nn {
namespace {

/// y = scale x + shift per channel, float64.
struct ChannelMap {
  Tensor scale, shift;
};

/// What a module does to (N, channels, ...) with this many spatial axes in evaluation, if that is one map for each channel.
std::optional<ChannelMap> channel_map(const Module& norm, int64_t channels, int spatial) {
  std::unique_ptr<Module> copy = norm.clone();
  copy->to(DType::float64);
  copy->eval();
  NoGrad off;
  Generator g(1);
  auto run = [&](const Tensor& x) -> Tensor {
    Tensors y = copy->call({&x, 1});
    return y.size() == 1 && y[0].shape() == x.shape() ? y[0] : Tensor();
  };
  try {
    Shape at_one_place = Shape{2, channels}.concat(Shape(spatial, 2));
    Tensor at0 = run(zeros(at_one_place, DType::float64)), at1 = run(ones(at_one_place, DType::float64));
    if (!at0.defined() || !at1.defined()) return {};
    auto first = [&](const Tensor& y) { return clone(select(reshape(y, {2, channels, -1}), 2, 0).detach()); };
    Tensor shift = select(first(at0), 0, 0), scale = select(first(at1), 0, 0) - shift;
    // Numbers of several sizes, so that neither a look at other places nor a bend escapes.
    Tensor x = randn(Shape{3, channels}.concat(Shape(spatial, 3)), DType::float64, &g) * 5 + 3;
    Tensor y = run(x), want = x * per_channel(scale, x.dim()) + per_channel(shift, x.dim());
    if (!y.defined() || !allclose(y, want, 1e-9, 1e-9)) return {};
    return ChannelMap{clone(scale), clone(shift)};
  } catch (const Error&) {
    return {};
  }
}

/// The same layer with scale and shift behind it. `out_axis`: the axis of the outputs in a weight (out, ...); for transposed convolutions they are axis 1 of
/// (groups, in / groups, out / groups, ...).
template <class L>
AnyModule with_map(L& layer, const ChannelMap& map, int64_t transposed_groups) {
  NoGrad off;
  Tensor w = to(layer.weight(), DType::float64), b = layer.bias.defined() ? to(layer.bias(), DType::float64) : Tensor();
  Tensor folded;
  if (transposed_groups) {
    Shape shape = w.shape(), rest = shape.slice(2);
    Tensor grouped = reshape(w, Shape{transposed_groups, shape[0] / transposed_groups, shape[1]}.concat(rest));
    folded = reshape(grouped * reshape(map.scale, Shape{transposed_groups, 1, shape[1]}.concat(Shape(rest.size(), 1))), shape);
  } else {
    folded = w * reshape(map.scale, Shape{w.size(0)}.concat(Shape(w.dim() - 1, 1)));
  }
  Tensor bias = b.defined() ? b * map.scale + map.shift : map.shift;
  DType dtype = layer.weight.dtype();
  DefaultDtype scope(dtype);
  NoInit unfilled;
  auto options = layer.options;
  options.bias = true;
  L out(options);
  out.weight = to(folded, dtype);
  out.bias = to(bias, dtype);
  out.train(layer.training());
  return AnyModule(std::move(out));
}

template <class L>
bool fold_into(Module& before, const Module& norm, int64_t channels, int spatial, int64_t transposed_groups, AnyModule& out) {
  std::optional<ChannelMap> map = channel_map(norm, channels, spatial);
  if (map) out = with_map(static_cast<L&>(before), *map, transposed_groups);
  return map.has_value();
}

/// `before` and `norm` in one layer; empty when that cannot be.
AnyModule folded(Module& before, const Module& norm) {
  AnyModule out;
  auto conv = [&]<class L>(L* l, int spatial) { return l && fold_into<L>(before, norm, l->options.out_channels, spatial, 0, out); };
  auto transposed = [&]<class L>(L* l, int spatial) { return l && fold_into<L>(before, norm, l->options.out_channels, spatial, l->options.groups, out); };
  if (auto* l = dynamic_cast<Linear*>(&before)) fold_into<Linear>(before, norm, l->options.out_features, 0, 0, out);
  else
    (void)(conv(dynamic_cast<Conv1d*>(&before), 1) || conv(dynamic_cast<Conv2d*>(&before), 2) || conv(dynamic_cast<Conv3d*>(&before), 3) ||
           transposed(dynamic_cast<ConvTranspose1d*>(&before), 1) || transposed(dynamic_cast<ConvTranspose2d*>(&before), 2) ||
           transposed(dynamic_cast<ConvTranspose3d*>(&before), 3));
  return out;
}

/// Folds the norm at path `norm` into the layer at path `layer`, if that can be.
bool fold_pair(Module& model, const std::string& layer, const std::string& norm) {
  Module& before = model.at(layer);
  AnyModule one = folded(before, model.at(norm));
  if (!one) return false;
  remove_reparameterization(model, layer + ".weight");
  std::erase_if(model.edits().frozen, [&](const std::string& path) { return path.rfind(norm + ".", 0) == 0; });
  replace(model, layer, one);
  replace(model, norm, AnyModule(Identity()));
  return true;
}

}  // namespace

bool is_norm(const Module& m) {
  for (const Row& row : catalogue())
    if (row.kind == Kind::norm && row.name == m.type_name()) return true;
  return false;
}

int64_t fold_norms(Module& model) {
  std::vector<std::pair<std::string, Sequential*>> chains;  // found first: what is replaced below may be any module but these
  for (auto& [path, module] : model.modules())
    if (auto* chain = dynamic_cast<Sequential*>(module)) chains.emplace_back(path, chain);
  int64_t count = 0;
  for (auto& [path, chain] : chains) {
    std::string prefix = path.empty() ? "" : path + ".";
    size_t last = chain->size();  // the layer an affine map may go into; none: size()
    for (size_t i = 0; i < chain->size(); i++) {
      Module& m = (*chain)[i];
      if (m.type_name() == Identity::type) continue;
      if (last < i && is_norm(m) && fold_pair(model, text(prefix, last), text(prefix, i))) count++;
      else last = i;
    }
  }
  return count;
}

void fold_norms(Module& model, const std::vector<std::pair<std::string, std::string>>& pairs) {
  for (auto& [layer, norm] : pairs)
    check<ConfigError>(fold_pair(model, layer, norm), "fold_norms: ", norm, " (", model.at(norm).type_name(), ") cannot be folded into ", layer, " (",
                       model.at(layer).type_name(), "): expected a Linear, Conv or ConvTranspose and a norm that is one map per channel in evaluation");
}

}  // namespace tare::nn
