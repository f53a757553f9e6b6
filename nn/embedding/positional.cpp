#include "nn/embedding/positional.h"

#include <cmath>

#include "autograd/ops/dropout.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

/// t / base^(2i / dim) for t from offset on: (length, dim / 2), in double precision.
Tensor angles(int64_t length, int64_t dim, double base, int64_t offset) {
  Tensor a = empty({length, dim / 2}, DType::float64);
  double* p = a.mutable_data<double>();
  for (int64_t i = 0; i < dim / 2; i++) {
    double speed = std::pow(base, -2.0 * double(i) / double(dim));
    for (int64_t t = 0; t < length; t++) p[t * (dim / 2) + i] = double(t + offset) * speed;
  }
  return a;
}

void check_even(std::string_view who, std::string_view option, int64_t dim, double base) {
  check<ConfigError>(dim > 0 && dim % 2 == 0, who, ": ", option, " must be even and greater than 0, not ", dim);
  check<ConfigError>(base > 0, who, ": base must be greater than 0, not ", base);
}

Tensor check_sequence(std::string_view who, const Tensor& x, int64_t dim) {
  check<ShapeError>(x.dim() >= 2 && x.shape().back() == dim, who, ": expected an input of shape [..., T, ", dim, "] but it is ", x.shape());
  return x;
}

}  // namespace

void LearnedPositionalEmbeddingOptions::visit(Visitor& v) {
  v.option("num_positions", num_positions);
  v.option("embedding_dim", embedding_dim);
  v.option("dropout", dropout);
}
LearnedPositionalEmbedding::LearnedPositionalEmbedding(Options o) : options(o) {
  check<ConfigError>(o.num_positions > 0 && o.embedding_dim > 0, type, ": num_positions and embedding_dim must be greater than 0, not ", o.num_positions, " and ",
                     o.embedding_dim);
  weight = Parameter(init::zeros({o.num_positions, o.embedding_dim}));
  init::normal_(weight(), 0, 0.02);
}
LearnedPositionalEmbedding::LearnedPositionalEmbedding(int64_t positions, int64_t dim) : LearnedPositionalEmbedding(Options{.num_positions = positions, .embedding_dim = dim}) {}
void LearnedPositionalEmbedding::visit(Visitor& v) { v.parameter("weight", weight, Role::embedding); }
Tensor LearnedPositionalEmbedding::forward(const Tensor& x) {
  check_sequence(type, x, options.embedding_dim);
  int64_t length = x.size(-2);
  check<ShapeError>(length <= options.num_positions, type, ": the sequence has ", length, " elements but there are only ", options.num_positions, " positions");
  return dropout(x + slice(weight(), 0, 0, length), options.dropout, training());
}

Tensor sinusoidal_positions(int64_t length, int64_t dim, double base, DType dtype) {
  Tensor a = angles(length, dim, base, 0);
  return to(reshape(stack({sin(a), cos(a)}, 2), {length, dim}), dtype);
}

void SinusoidalPositionalEncodingOptions::visit(Visitor& v) {
  v.option("embedding_dim", embedding_dim);
  v.option("base", base);
  v.option("dropout", dropout);
}
SinusoidalPositionalEncoding::SinusoidalPositionalEncoding(Options o) : options(o) { check_even(type, "embedding_dim", o.embedding_dim, o.base); }
SinusoidalPositionalEncoding::SinusoidalPositionalEncoding(int64_t dim) : SinusoidalPositionalEncoding(Options{.embedding_dim = dim}) {}
Tensor SinusoidalPositionalEncoding::forward(const Tensor& x) {
  check_sequence(type, x, options.embedding_dim);
  return dropout(x + sinusoidal_positions(x.size(-2), options.embedding_dim, options.base, x.dtype()), options.dropout, training());
}

Tensor turn_pairs(const Tensor& x, const Tensor& angles, bool interleaved) {
  int64_t half = x.size(-1) / 2;
  check<ShapeError>(x.dim() >= 2 && x.size(-1) == 2 * half && angles.shape() == Shape{x.size(-2), half}, "turn_pairs: expected x (..., T, 2 n) and angles (T, n) but they are ",
                    x.shape(), " and ", angles.shape());
  Tensor c = to(cos(angles), x.dtype()), s = to(sin(angles), x.dtype());
  Tensor a = interleaved ? slice(x, -1, 0, 2 * half, 2) : slice(x, -1, 0, half);
  Tensor b = interleaved ? slice(x, -1, 1, 2 * half, 2) : slice(x, -1, half);
  Tensor u = a * c - b * s, v = a * s + b * c;
  return interleaved ? flatten(stack({u, v}, -1), -2) : cat({u, v}, -1);
}

Tensor rotary_embedding(const Tensor& x, const RotaryEmbeddingOptions& o, int64_t offset) {
  check<ShapeError>(x.dim() >= 2 && x.shape().back() >= o.dim, "rotary_embedding: expected an input of shape [..., T, D] with D of at least ", o.dim, " but it is ", x.shape());
  Tensor y = turn_pairs(slice(x, -1, 0, o.dim), angles(x.size(-2), o.dim, o.base, offset), o.interleaved);
  return x.shape().back() == o.dim ? y : cat({y, slice(x, -1, o.dim)}, -1);
}

void RotaryEmbeddingOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("base", base);
  v.option("interleaved", interleaved);
}
void RotaryEmbeddingArguments::visit(Visitor& v) { v.option("offset", offset); }
RotaryEmbedding::RotaryEmbedding(Options o) : options(o) { check_even(type, "dim", o.dim, o.base); }
RotaryEmbedding::RotaryEmbedding(int64_t dim) : RotaryEmbedding(Options{.dim = dim}) {}
Tensors RotaryEmbedding::forward(const Tensor& q, const Tensor& k, const RotaryEmbeddingArguments& arguments) {
  Tensors both{rotary_embedding(q, options, arguments.offset)};
  if (k.defined()) both.push_back(rotary_embedding(k, options, arguments.offset));
  return both;
}

template class Layer<LearnedPositionalEmbedding>;
template class Layer<SinusoidalPositionalEncoding>;
template class Layer<RotaryEmbedding>;

}  // namespace tare::nn
