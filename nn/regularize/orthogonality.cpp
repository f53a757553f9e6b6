#include "nn/regularize/orthogonality.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {
namespace {

/// rows rows^T - I: with filters as rows this is the W^T W - I of the equations.
Tensor excess(const Tensor& rows) { return matmul(rows, transpose(rows, 0, 1)) - eye(rows.size(0), rows.size(0), rows.dtype()); }

Tensor spectral_norm_of(const Tensor& symmetric) {
  Tensor u = matmul(symmetric, randn({symmetric.size(0), 1}, symmetric.dtype()));
  return norm(matmul(symmetric, u)) / norm(u);
}

}  // namespace

void OrthonormalityRegularizerOptions::visit(Visitor& v) { v.option("lambda", lambda); }
OrthonormalityRegularizer::OrthonormalityRegularizer(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }
Tensor OrthonormalityRegularizer::forward(const Tensors& weights) { return orthonormality_loss(weights, options.lambda); }

Tensor orthonormality_loss(const Tensors& weights, double lambda) {
  Tensors terms;
  for (const Tensor& w : weights) {
    Tensor rows = as_rows(w, "orthonormality_loss");
    for (const Tensor& group : split(rows, std::max<int64_t>(1, rows.size(1)), 0)) terms.push_back(sum(square(excess(group))));
  }
  return 0.5 * lambda * add_up(terms, "orthonormality_loss");
}

void SoftOrthogonalityOptions::visit(Visitor& v) {
  static constexpr std::string_view names[] = {"SO", "DSO", "MC", "SRIP"};
  v.option("kind", kind, names);
  v.option("lambda", lambda);
}
SoftOrthogonality::SoftOrthogonality(Options o) : options(o) { check_factor(type, "lambda", o.lambda); }
Tensor SoftOrthogonality::forward(const Tensors& weights) {
  using Kind = Options::Kind;
  Tensors terms;
  for (const Tensor& w : weights) {
    Tensor rows = as_rows(w, type), e = excess(rows);
    if (options.kind == Kind::MC) terms.push_back(max(abs(e)));
    else if (options.kind == Kind::SRIP) terms.push_back(spectral_norm_of(e));
    else terms.push_back(sum(square(e)));
    if (options.kind == Kind::DSO) terms.push_back(sum(square(excess(transpose(rows, 0, 1)))));
  }
  return options.lambda * add_up(terms, type);
}

template class Layer<OrthonormalityRegularizer>;
template class Layer<SoftOrthogonality>;

}  // namespace tare::nn
