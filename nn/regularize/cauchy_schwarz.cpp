#include "nn/regularize/cauchy_schwarz.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

using Options = CauchySchwarzOptions;

Tensor row_sum(const Tensor& x) { return sum(x, {1}); }

// One penalty for each row.
Tensor binary_rows(const Tensor& x) {
  Tensor x2 = square(x);
  return double(x.size(1)) * row_sum(square(x2)) - square(row_sum(x2));
}
Tensor one_sided_rows(const Tensor& x) {
  Tensor x2 = square(x);
  return row_sum(x2) * row_sum(square(x2)) - square(row_sum(x2 * x));
}
Tensor ternary_rows(const Tensor& x) {
  Tensor x2 = square(x), x4 = square(x2);
  return row_sum(x2) * row_sum(x4 * x2) - square(row_sum(x4));
}
Tensor one_row(const Tensor& x) { return reshape(x, {1, x.numel()}); }

Tensor slices(const Tensor& weight, Options::Granularity granularity, std::string_view who) {
  Tensor rows = as_rows(weight, who);
  if (granularity == Options::Granularity::output_channel || weight.dim() == 2) return rows;
  return flatten(flatten(weight, 0, 1), 1);
}

}  // namespace

Tensor cs_binary(const Tensor& x) { return sum(binary_rows(one_row(x))); }
Tensor cs_one_sided_binary(const Tensor& x) { return sum(one_sided_rows(one_row(x))); }
Tensor cs_ternary(const Tensor& x) { return sum(ternary_rows(one_row(x))); }
Tensor cs_binary_scale_invariant(const Tensor& x) {
  Tensor x2 = square(x);
  return std::sqrt(double(x.numel())) * sqrt(sum(square(x2))) / sum(x2) - 1;
}
Tensor cs_eigenvector(const Tensor& c, const Tensor& x) {
  check<ShapeError>(c.dim() == 2 && x.dim() == 1 && c.size(0) == c.size(1) && c.size(0) == x.size(0), "cs_eigenvector: expected C [N, N] and x [N] but they are ",
                    c.shape(), " and ", x.shape());
  Tensor y = mv(c.detach(), x);
  return sum(square(y)) * sum(square(x)) - square(dot(x, y));
}
Tensor cs_orthogonal(const Tensor& x) {
  check<ShapeError>(x.dim() == 2, "cs_orthogonal: expected a matrix [n, K] but it is ", x.shape());
  return double(x.size(1)) * sum(square(matmul(transpose(x, 0, 1), x))) - square(sum(square(x)));
}

Tensor cs_weight_regularizer(const Tensor& weight, const Options& o) {
  Tensor term;
  if (o.kind == Options::Kind::orthogonal) {
    Tensor rows = as_rows(weight, "cs_weight_regularizer");
    term = cs_orthogonal(rows.size(0) <= rows.size(1) ? transpose(rows, 0, 1) : rows);
  } else {
    Tensor s = slices(weight, o.granularity, "cs_weight_regularizer");
    term = sum(o.kind == Options::Kind::binary ? binary_rows(s) : o.kind == Options::Kind::ternary ? ternary_rows(s) : one_sided_rows(s));
  }
  return o.normalize ? term / double(weight.numel()) : term;
}

Tensor quantize_binary(const Tensor& weight, Options::Granularity granularity) {
  Tensor s = slices(weight.detach(), granularity, "quantize_binary");
  Tensor scale = mean(abs(s), {1}, true);
  return reshape(where(lt(s, 0), -scale, scale), weight.shape());
}

void CauchySchwarzOptions::visit(Visitor& v) {
  static constexpr std::string_view kinds[] = {"binary", "one_sided_binary", "ternary", "orthogonal"};
  static constexpr std::string_view slices[] = {"output_channel", "kernel"};
  v.option("kind", kind, kinds);
  v.option("granularity", granularity, slices);
  v.option("normalize", normalize);
  v.option("lambda", lambda);
}

CauchySchwarzRegularizer::CauchySchwarzRegularizer(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }

Tensor CauchySchwarzRegularizer::forward(const Tensors& weights) {
  Tensors terms;
  for (const Tensor& w : weights) terms.push_back(cs_weight_regularizer(w, options));
  return options.lambda * add_up(terms, type);
}

template class Layer<CauchySchwarzRegularizer>;

}  // namespace tare::nn
