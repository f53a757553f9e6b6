#include "nn/flow/affine_coupling.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/data/dataset.h"

namespace tare::nn {

void AffineCouplingStackOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("blocks", blocks);
  v.option("hidden", hidden);
  v.option("direction", direction, kDirections);
  v.option("scale_bound", scale_bound);
  v.option("shuffle", shuffle);
}

AffineCouplingStack::AffineCouplingStack(Options o) : options(o) {
  check<ConfigError>(o.dim >= 2 && o.blocks >= 1 && o.hidden >= 1 && o.scale_bound >= 0,
                     "AffineCouplingStack: dim must be at least 2, blocks and hidden at least 1, scale_bound at least 0; not ", o.dim, ", ", o.blocks, ", ", o.hidden, " and ",
                     o.scale_bound);
  for (int64_t k = 0; k < o.blocks; k++) {
    int64_t on = (o.dim + 1 - k % 2) / 2;
    Net& net = nets_.emplace_back(Net{Linear(o.dim - on, o.hidden), Linear(o.hidden, 2 * on)});
    if (!o.shuffle) continue;
    net.order = data::permutation(o.dim, derive(uint64_t(*o.shuffle), uint64_t(k), 0));
    net.inverse.resize(net.order.size());
    for (size_t i = 0; i < net.order.size(); i++) net.inverse[size_t(net.order[i])] = int64_t(i);
  }
}

void AffineCouplingStack::visit(Visitor& v) {
  for (size_t k = 0; k < nets_.size(); k++) {
    v.child(text("blocks.", k, ".net.0"), nets_[k].first);
    v.child(text("blocks.", k, ".net.2"), nets_[k].last);
  }
}

AffineCouplingStack::Halves AffineCouplingStack::halves(size_t k, const Tensor& x) const {
  int64_t parity = int64_t(k % 2);
  if (const auto& order = nets_[k].order; !order.empty()) {
    Tensor sorted = index_select(x, 1, from_vector(order, {options.dim}));
    int64_t on = (options.dim + 1 - parity) / 2;
    return {narrow(sorted, 1, 0, on), narrow(sorted, 1, on, options.dim - on)};
  }
  return {slice(x, 1, parity, options.dim, 2), slice(x, 1, 1 - parity, options.dim, 2)};
}

Tensor AffineCouplingStack::join(size_t k, const Halves& parts) const {
  if (const auto& inverse = nets_[k].inverse; !inverse.empty()) return index_select(cat({parts.on, parts.off}, 1), 1, from_vector(inverse, {options.dim}));
  Tensor even = k % 2 ? parts.off : parts.on, odd = k % 2 ? parts.on : parts.off;
  int64_t n = odd.size(1), batch = even.size(0);
  Tensor pairs = reshape(stack({narrow(even, 1, 0, n), odd}, 2), {batch, 2 * n});
  return even.size(1) == n ? pairs : cat({pairs, narrow(even, 1, n, 1)}, 1);
}

namespace {

Tensor apply(Linear& layer, const Tensor& x, bool detached) { return detached ? linear(x, layer.weight().detach(), layer.bias().detach()) : layer(x); }

}  // namespace

Tensor AffineCouplingStack::features(size_t k, const Tensor& off) { return tanh(apply(nets_[k].first, off, detached_)); }

AffineCouplingStack::Coefficients AffineCouplingStack::coefficients(size_t k, const Tensor& features) {
  Tensors parts = chunk(apply(nets_[k].last, features, detached_), 2, 1);
  double bound = options.scale_bound;
  return {parts[0], bound > 0 ? bound * tanh(parts[1] / bound) : parts[1]};
}

Tensors AffineCouplingStack::generate(const Tensor& z) {
  check_rows(type, z, options.dim);
  Tensor x = z, log_det;
  for (size_t k = 0; k < size(); k++) {
    Halves p = halves(k, x);
    auto [shift, s] = coefficients(k, features(k, p.off));
    x = join(k, {p.on * exp(s) + shift, p.off});
    Tensor l = sum(s, {1});
    log_det = k ? log_det + l : l;
  }
  return {x, log_det};
}

Tensors AffineCouplingStack::normalize(const Tensor& x) {
  check_rows(type, x, options.dim);
  Tensor z = x, log_det;
  for (size_t k = size(); k-- > 0;) {
    Halves p = halves(k, z);
    auto [shift, s] = coefficients(k, features(k, p.off));
    z = join(k, {(p.on - shift) * exp(-s), p.off});
    Tensor l = sum(s, {1});
    log_det = log_det.defined() ? log_det - l : -l;
  }
  return {z, log_det};
}

Tensor AffineCouplingStack::log_prob(const Tensor& x) {
  Tensors out = normalize(x);
  return standard_normal_log_prob(out[0]) + out[1];
}

void AffineCouplingStack::start_as_identity() {
  NoGrad off;
  for (Net& net : nets_) zero_(net.last.weight.leaf()), zero_(net.last.bias.leaf());
}

Tensors AffineCouplingStack::forward(const Tensor& x) { return options.direction == Direction::forward ? generate(x) : normalize(x); }

template class Layer<AffineCouplingStack>;

}  // namespace tare::nn
