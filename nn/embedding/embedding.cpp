#include "nn/embedding/embedding.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/index.h"
#include "autograd/ops/inplace.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

// The padding row's number, -1 for none.
int64_t padding_row(std::string_view type, std::optional<int64_t> index, int64_t rows) {
  if (!index) return -1;
  check<ConfigError>(*index >= -rows && *index < rows, type, ": padding_idx ", *index, " is out of range for ", rows, " embeddings");
  return *index < 0 ? *index + rows : *index;
}

Tensor embedding_table(std::string_view type, int64_t rows, int64_t size, int64_t padding) {
  check<ConfigError>(rows >= 1 && size >= 1, type, ": num_embeddings and embedding_dim must be at least 1, not ", rows, " and ", size);
  Tensor table = init::normal({rows, size});
  if (padding >= 0) fill_(narrow(table, 0, padding, 1), 0.0);
  return table;
}

// Rows that are about to be read are shortened in place to at most max_norm.
void shorten_rows(const Tensor& weight, const Tensor& indices, double max_norm, double norm_type) {
  NoGrad off;
  Tensor which = unique(indices).values, rows = index_select(weight, 0, which);
  Tensor length = norm(rows, norm_type, {1}, true);
  Tensor factor = where(gt(length, max_norm), max_norm / (length + 1e-7), 1.0);
  copy_(weight, index_copy(weight, 0, which, rows * factor));
}

}  // namespace

void EmbeddingOptions::visit(Visitor& v) {
  v.option("num_embeddings", num_embeddings);
  v.option("embedding_dim", embedding_dim);
  v.option("padding_idx", padding_idx);
  v.option("max_norm", max_norm);
  v.option("norm_type", norm_type);
  v.option("scale_grad_by_freq", scale_grad_by_freq);
}
void EmbeddingBagOptions::visit(Visitor& v) {
  v.option("num_embeddings", num_embeddings);
  v.option("embedding_dim", embedding_dim);
  v.option("max_norm", max_norm);
  v.option("norm_type", norm_type);
  v.option("scale_grad_by_freq", scale_grad_by_freq);
  v.option("mode", mode);
  v.option("include_last_offset", include_last_offset);
  v.option("padding_idx", padding_idx);
}

Embedding::Embedding(Options o) : options(o) {
  weight = Parameter(embedding_table(type, o.num_embeddings, o.embedding_dim, padding_row(type, o.padding_idx, o.num_embeddings)));
}
Embedding::Embedding(int64_t num_embeddings, int64_t embedding_dim) : Embedding(Options{.num_embeddings = num_embeddings, .embedding_dim = embedding_dim}) {}
void Embedding::visit(Visitor& v) { v.parameter("weight", weight, Role::embedding); }
Tensor Embedding::forward(const Tensor& indices) {
  Tensor w = weight();
  if (options.max_norm && indices.numel() > 0) shorten_rows(w, indices, *options.max_norm, options.norm_type);
  return embedding(w, indices, {padding_row(type, options.padding_idx, options.num_embeddings), options.scale_grad_by_freq});
}

EmbeddingBag::EmbeddingBag(Options o) : options(std::move(o)) {
  check<ConfigError>(options.mode == "sum" || options.mode == "mean" || options.mode == "max", "EmbeddingBag: expected mode to be sum, mean or max, not \"", options.mode,
                     "\"");
  weight = Parameter(embedding_table(type, options.num_embeddings, options.embedding_dim, padding_row(type, options.padding_idx, options.num_embeddings)));
}
EmbeddingBag::EmbeddingBag(int64_t num_embeddings, int64_t embedding_dim)
    : EmbeddingBag(Options{.num_embeddings = num_embeddings, .embedding_dim = embedding_dim}) {}
void EmbeddingBag::visit(Visitor& v) { v.parameter("weight", weight, Role::embedding); }
Tensor EmbeddingBag::forward(const Tensor& indices, const Tensor& offsets, const Tensor& per_sample_weights) {
  Tensor w = weight();
  if (options.max_norm && indices.numel() > 0) shorten_rows(w, indices, *options.max_norm, options.norm_type);
  BagMode mode = options.mode == "sum" ? BagMode::sum : options.mode == "max" ? BagMode::max : BagMode::mean;
  return embedding_bag(w, indices, offsets, per_sample_weights,
                       {mode, options.include_last_offset, padding_row(type, options.padding_idx, options.num_embeddings), options.scale_grad_by_freq});
}

template class Layer<Embedding>;
template class Layer<EmbeddingBag>;

}  // namespace tare::nn
