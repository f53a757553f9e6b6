// Embeddings: rows of a trained table by index.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct EmbeddingOptions {
  int64_t num_embeddings = 0;            ///< rows, at least 1
  int64_t embedding_dim = 0;             ///< at least 1
  std::optional<int64_t> padding_idx{};  ///< this row starts at 0 and gets no gradient; negative ones count from the end
  std::optional<double> max_norm{};      ///< rows that are looked up are first shortened to this norm, in place, off the tape
  double norm_type = 2;
  bool scale_grad_by_freq = false;       ///< a row's gradient is divided by how often it occurs in the batch
  void visit(Visitor& v);
};

/// Indices (*) int64 -> (*, embedding_dim). weight (num_embeddings, embedding_dim) from N(0, 1).
class Embedding : public Layer<Embedding> {
 public:
  static constexpr std::string_view type = "Embedding";
  using Options = EmbeddingOptions;
  explicit Embedding(Options options);
  Embedding(int64_t num_embeddings, int64_t embedding_dim);
  Tensor forward(const Tensor& indices);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight;
};

struct EmbeddingBagOptions {
  int64_t num_embeddings = 0;
  int64_t embedding_dim = 0;
  std::optional<double> max_norm{};
  double norm_type = 2;
  bool scale_grad_by_freq = false;
  std::string mode = "mean";         ///< sum, mean or max
  bool include_last_offset = false;  ///< offsets end with the number of indices
  std::optional<int64_t> padding_idx{};  ///< this index counts for nothing
  void visit(Visitor& v);
};

/// Rows reduced by bags: indices (bags, n), or (n) with offsets (bags) -> (bags, embedding_dim). per_sample_weights, of the indices' shape, multiply the
/// rows (mode sum only). An empty bag gives 0.
class EmbeddingBag : public Layer<EmbeddingBag> {
 public:
  static constexpr std::string_view type = "EmbeddingBag";
  using Options = EmbeddingBagOptions;
  explicit EmbeddingBag(Options options);
  EmbeddingBag(int64_t num_embeddings, int64_t embedding_dim);
  Tensor forward(const Tensor& indices, const Tensor& offsets = {}, const Tensor& per_sample_weights = {});
  void visit(Visitor& v) override;

  Options options;
  Parameter weight;
};

extern template class Layer<Embedding>;
extern template class Layer<EmbeddingBag>;

}  // namespace tare::nn
