// FixNorm: embeddings on a sphere. Improving Lexical Choice in Neural Machine Translation (Nguyen and Chiang, 2018, arXiv:1710.01329), as used in
// Transformers without Tears (Nguyen and Salazar, 2019, arXiv:1910.05895).
//
//     out_i = s E_i / max(||E_i||_2, 1e-12)
//
// Gradients reach the raw table through the norm: they are orthogonal to its rows. A tied output layer uses the same unit rows, without s.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct FixNormEmbeddingOptions {
  int64_t num_embeddings = 0;     ///< rows, at least 1
  int64_t embedding_dim = 0;      ///< d, at least 1
  std::optional<double> scale{};  ///< s; null: sqrt(d)
  void visit(Visitor& v);
};

/// Indices (*) int64 -> (*, d). weight (num_embeddings, d) from U(-0.01, 0.01).
class FixNormEmbedding : public Layer<FixNormEmbedding> {
 public:
  static constexpr std::string_view type = "FixNormEmbedding";
  using Options = FixNormEmbeddingOptions;
  explicit FixNormEmbedding(Options options);
  FixNormEmbedding(int64_t num_embeddings, int64_t embedding_dim);
  Tensor forward(const Tensor& indices);
  void visit(Visitor& v) override;
  /// The tied output layer: h (*, d) -> h times the unit rows, (*, num_embeddings).
  Tensor logits(const Tensor& h);

  Options options;
  Parameter weight;
};

extern template class Layer<FixNormEmbedding>;

}  // namespace tare::nn
