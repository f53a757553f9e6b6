#include "nn/embedding/fix_norm_embedding.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "nn/init/init.h"

namespace tare::nn {

void FixNormEmbeddingOptions::visit(Visitor& v) {
  v.option("num_embeddings", num_embeddings);
  v.option("embedding_dim", embedding_dim);
  v.option("scale", scale);
}

FixNormEmbedding::FixNormEmbedding(Options o) : options(o) {
  check<ConfigError>(o.num_embeddings >= 1 && o.embedding_dim >= 1, "FixNormEmbedding: num_embeddings and embedding_dim must be at least 1, not ",
                     o.num_embeddings, " and ", o.embedding_dim);
  weight = Parameter(init::uniform({o.num_embeddings, o.embedding_dim}, -0.01, 0.01));
}

FixNormEmbedding::FixNormEmbedding(int64_t num_embeddings, int64_t embedding_dim)
    : FixNormEmbedding(Options{.num_embeddings = num_embeddings, .embedding_dim = embedding_dim}) {}

void FixNormEmbedding::visit(Visitor& v) { v.parameter("weight", weight, Role::embedding); }

Tensor FixNormEmbedding::forward(const Tensor& indices) {
  double s = options.scale.value_or(std::sqrt(double(options.embedding_dim)));
  return normalize(embedding(weight(), indices), 2, -1, 1e-12) * s;
}

Tensor FixNormEmbedding::logits(const Tensor& h) { return linear(h, normalize(weight(), 2, 1, 1e-12)); }

template class Layer<FixNormEmbedding>;

}  // namespace tare::nn
