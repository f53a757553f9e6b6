#include "nn/graph/pdf_conv.h"

#include <algorithm>

#include "autograd/ops/activation.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/activation/smooth.h"
#include "nn/norm/batch_norm.h"

namespace tare::nn {
namespace {

Sequential two_layers(int64_t in, int64_t hidden, int64_t out, const PDFConvOptions& o) {
  Sequential s;
  for (auto [from, into] : {std::pair{in, hidden}, {hidden, out}}) {
    s.append(Linear(from, into));
    if (o.batch_norm) s.append(BatchNorm1d(into));
    s.append(GELU());
  }
  return s;
}

Tensor power_of(const Tensor& degree, double exponent) {
  Tensor alone = eq(degree, 0);
  return where(alone, 0.0, pow(where(alone, 1.0, degree), exponent));
}

Tensor reach(const Tensor& a, int64_t hops) {
  Tensor step = to(ne(a, 0), a.dtype()), mask = step;
  for (int64_t i = 1; i < hops; i++) mask = to(gt(matmul(mask, step), 0), a.dtype());
  return mask;
}

}  // namespace

GraphBasis graph_basis(const Tensor& adjacency, const GraphBasisOptions& o) {
  NoGrad off;
  Tensor a = adjacency.detach();
  check<ShapeError>(a.dim() == 2 && a.size(0) == a.size(1), "graph_basis: expected an adjacency (n, n) but the shape is ", a.shape());
  check<ConfigError>(o.epsilon.size() == o.powers.size(), "graph_basis: expected as many powers as exponents in epsilon, not ", o.powers.size(), " and ", o.epsilon.size());
  int64_t n = a.size(0), hops = 1;
  Tensor degree = sum(a, {1});
  Tensors list{eye(n, n, a.dtype())};
  for (size_t t = 0; t < o.powers.size(); t++) {
    auto [first, last] = o.powers[t];
    check<ConfigError>(first >= 0 && last >= first, "graph_basis: powers[", t, "] must be a range of numbers from 0 on, not ", first, " to ", last);
    Tensor root = power_of(degree, o.epsilon[t]), m = a * unsqueeze(root, 1) * root, p = list[0];
    for (int64_t i = 0; i <= last; i++) {
      if (i > 0) p = i == 1 ? m : matmul(p, m);
      if (i >= first) list.push_back(p);
    }
    hops = std::max(hops, last);
  }
  for (double c : o.degree_exponents) list.push_back(diag(power_of(degree, c)));
  hops = o.edge_hop.value_or(hops);
  check<ConfigError>(hops >= 0, "graph_basis: edge_hop must be at least 0, not ", hops);
  Tensor mask = hops == 0 ? ones_like(a) : reach(a, hops), inside = unsqueeze(mask, -1);
  Tensor bases = stack(list, -1) * inside;
  if (o.basis_norm) {
    Tensor count = sum(mask), centred = (bases - sum(bases, {0, 1}) / count) * inside;
    bases = centred / (sqrt(sum(square(centred), {0, 1}) / count) + 1e-5);
  }
  return {bases, mask};
}

void PDFConvOptions::visit(Visitor& v) {
  v.option("hidden_size", hidden_size);
  v.option("num_basis", num_basis);
  v.option("shared_filter", shared_filter);
  v.option("batch_norm", batch_norm);
  v.option("dropout", dropout);
}

PDFConv::PDFConv(Options o)
    : options(o),
      filter(two_layers(o.num_basis, o.hidden_size, o.shared_filter ? 1 : o.hidden_size, o)),
      pre_ffn(o.hidden_size, o.hidden_size),
      ffn(two_layers(o.hidden_size, o.hidden_size, o.hidden_size, o)) {
  check<ConfigError>(o.dropout >= 0 && o.dropout <= 1, type, ": expected dropout between 0 and 1, not ", o.dropout);
}

void PDFConv::visit(Visitor& v) {
  v.child("filter", filter);
  v.child("pre_ffn", pre_ffn);
  v.child("ffn", ffn);
}

Tensor PDFConv::forward(const Tensor& x, const Tensor& bases, const Tensor& mask) {
  int64_t n = x.dim() == 2 ? x.size(0) : 0;
  check<ShapeError>(x.dim() == 2 && x.size(1) == options.hidden_size && bases.shape() == Shape{n, n, options.num_basis} && mask.shape() == Shape{n, n}, type,
                    ": expected nodes (n, ", options.hidden_size, "), bases (n, n, ", options.num_basis, ") and a mask (n, n) but they are ", x.shape(), ", ", bases.shape(), " and ",
                    mask.shape());
  // One row for each pair of the mask: nodes `into` take from nodes `from`.
  Tensor pairs = nonzero(mask), into = select(pairs, 1, 0), from = select(pairs, 1, 1);
  auto dropped = [&](const Tensor& t) { return dropout(t, options.dropout, training()); };
  Tensor f = dropped(filter(index_select(reshape(bases, {n * n, options.num_basis}), 0, into * n + from)));
  Tensor h = dropped(gelu(pre_ffn(x)));
  Tensor y = index_add(x, 0, into, f * index_select(h, 0, from));
  return y + dropped(ffn(y));
}

template class Layer<PDFConv>;

}  // namespace tare::nn
