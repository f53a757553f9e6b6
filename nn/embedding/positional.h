// Positions for sequences (N, T, D).
//
//   LearnedPositionalEmbedding     x + weight[0 .. T)                                        (Gehring et al. 2017, arXiv:1705.03122)
//   SinusoidalPositionalEncoding   x + p,  p[t, 2i] = sin(t / base^(2i/D)), p[t, 2i+1] = cos(the same)   (Vaswani et al. 2017, arXiv:1706.03762)
//   RotaryEmbedding                pairs of features of q and k turned by the angle t / base^(2i/D), so that q . k depends on the distance of
//                                  positions only                                            (Su et al. 2021, arXiv:2104.09864)
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct LearnedPositionalEmbeddingOptions {
  int64_t num_positions = 0;  ///< longest sequence
  int64_t embedding_dim = 0;
  double dropout = 0;         ///< of the sum
  void visit(Visitor& v);
};
/// x (N, T, D) -> the same shape, T up to num_positions. weight (num_positions, D) starts normal with deviation 0.02.
class LearnedPositionalEmbedding : public Layer<LearnedPositionalEmbedding> {
 public:
  static constexpr std::string_view type = "LearnedPositionalEmbedding";
  using Options = LearnedPositionalEmbeddingOptions;
  explicit LearnedPositionalEmbedding(Options options);
  LearnedPositionalEmbedding(int64_t num_positions, int64_t embedding_dim);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  Options options;
  Parameter weight;
};

struct SinusoidalPositionalEncodingOptions {
  int64_t embedding_dim = 0;  ///< even
  double base = 10000;
  double dropout = 0;
  void visit(Visitor& v);
};
/// x (N, T, D), any T. No state.
class SinusoidalPositionalEncoding : public Layer<SinusoidalPositionalEncoding> {
 public:
  static constexpr std::string_view type = "SinusoidalPositionalEncoding";
  using Options = SinusoidalPositionalEncodingOptions;
  explicit SinusoidalPositionalEncoding(Options options);
  explicit SinusoidalPositionalEncoding(int64_t embedding_dim);
  Tensor forward(const Tensor& x);
  Options options;
};

struct RotaryEmbeddingOptions {
  int64_t dim = 0;          ///< features that are turned, even; the rest of a longer last axis stays
  double base = 10000;
  bool interleaved = true;  ///< pairs (0, 1), (2, 3), ... as in the paper; false: (0, dim/2), (1, dim/2 + 1), ... as in GPT-NeoX and LLaMA
  void visit(Visitor& v);
};
struct RotaryEmbeddingArguments {
  int64_t offset = 0;  ///< position of the first element: for caches of keys
  void visit(Visitor& v);
};
/// q, k (..., T, D) -> both turned. k may be left out.
class RotaryEmbedding : public Layer<RotaryEmbedding> {
 public:
  static constexpr std::string_view type = "RotaryEmbedding";
  using Options = RotaryEmbeddingOptions;
  explicit RotaryEmbedding(Options options);
  explicit RotaryEmbedding(int64_t dim);
  Tensors forward(const Tensor& q, const Tensor& k, const RotaryEmbeddingArguments& arguments = {});
  Options options;
};

/// p (T, D) of SinusoidalPositionalEncoding.
Tensor sinusoidal_positions(int64_t length, int64_t dim, double base, DType dtype);
/// x (..., T, 2 n), pairs of features turned by angles (T, n): (a, b) -> (a cos - b sin, a sin + b cos). Pairs are (0, 1), (2, 3), ... if interleaved, else (0, n),
/// (1, n + 1), ...
Tensor turn_pairs(const Tensor& x, const Tensor& angles, bool interleaved = true);
/// x (..., T, D) turned by its positions.
Tensor rotary_embedding(const Tensor& x, const RotaryEmbeddingOptions& options, int64_t offset = 0);

extern template class Layer<LearnedPositionalEmbedding>;
extern template class Layer<SinusoidalPositionalEncoding>;
extern template class Layer<RotaryEmbedding>;

}  // namespace tare::nn
