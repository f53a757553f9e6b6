// Gated activations: one half of the input opens or closes the other.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct GatedOptions {
  int64_t dim = -1;  ///< the axis that is halved; of even size
  void visit(Visitor& v);
};

/// a sigmoid(b), a and b the halves of x (Dauphin et al. 2016, arXiv:1612.08083).
class GLU : public Layer<GLU> {
 public:
  static constexpr std::string_view type = "GLU";
  using Options = GatedOptions;
  explicit GLU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// silu(a) b, a and b the halves of x (Shazeer 2020, arXiv:2002.05202). The gate comes first.
class SwiGLU : public Layer<SwiGLU> {
 public:
  static constexpr std::string_view type = "SwiGLU";
  using Options = GatedOptions;
  explicit SwiGLU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// gelu(a) b, a and b the halves of x (Shazeer 2020). The gate comes first.
class GEGLU : public Layer<GEGLU> {
 public:
  static constexpr std::string_view type = "GEGLU";
  using Options = GatedOptions;
  explicit GEGLU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

struct MaxoutOptions {
  int64_t num_pieces = 2;
  int64_t dim = 1;  ///< the axis of k num_pieces channels, which becomes k: the largest of each num_pieces neighbours
  void visit(Visitor& v);
};

/// The largest of groups of channels: any convex function as a maximum of linear ones (Goodfellow et al. 2013, arXiv:1302.4389).
class Maxout : public Layer<Maxout> {
 public:
  static constexpr std::string_view type = "Maxout";
  using Options = MaxoutOptions;
  explicit Maxout(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<GLU>;
extern template class Layer<SwiGLU>;
extern template class Layer<GEGLU>;
extern template class Layer<Maxout>;

}  // namespace tare::nn
