// Reparameterizations by a rule for each element, and by symmetry:
//
// Positive:    weight = map(weight_orig), map softplus (log(1 + e^x)) or exp. Starts from the present weight by the inverse, log(e^w - 1) or log w; a weight
//              that is not positive has none and is refused.
// Symmetric:   weight = (weight_orig + weight_orig^T) / 2 for square matrices, whose gradient is the symmetric part of the gradient (PyTorch's tutorial
//              copies the upper triangle instead, which doubles the gradient off the diagonal).
// Masked:      weight = weight_orig where weight_mask, 0 elsewhere (torch.nn.utils.prune's names). Masked elements get no gradient.
// QuantizedWeight: weight = s round(weight_orig / s), s = max|w| / (2^(bits - 1) - 1) per row; bits = 1: s sign(w), s = mean|w| (Rastegari et al. 2016,
//              arXiv:1603.05279). The gradient goes straight through (Bengio, Leonard and Courville 2013, arXiv:1308.3432) and is not the derivative.
//
// Same in training and evaluation.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct PositiveOptions {
  enum class Map { softplus, exp };
  Map map = Map::softplus;
  void visit(Visitor& v);
};

class Positive : public Reparam<Positive, RawWeight> {
 public:
  static constexpr std::string_view type = "Positive";
  using Options = PositiveOptions;
  explicit Positive(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  Options options;
};

class Symmetric : public Reparam<Symmetric, RawWeight> {
 public:
  static constexpr std::string_view type = "Symmetric";
  Tensor weight() override;

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

struct MaskedOptions {
  double sparsity = 0;  ///< share of elements, those nearest to 0, that the mask takes out; 0: those that are 0
  void visit(Visitor& v);
};

/// A mask given in `mask` (bool, the weight's shape) before it is used is kept; otherwise the start makes one.
class Masked : public Reparam<Masked, RawWeight> {
 public:
  static constexpr std::string_view type = "Masked";
  using Options = MaskedOptions;
  explicit Masked(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;
  Options options;
  Buffer mask;
};

struct QuantizedWeightOptions {
  int64_t bits = 8;         ///< 1 to 16
  bool per_channel = true;  ///< a step for each index of axis 0; otherwise one
  void visit(Visitor& v);
};

class QuantizedWeight : public Reparam<QuantizedWeight, RawWeight> {
 public:
  static constexpr std::string_view type = "QuantizedWeight";
  using Options = QuantizedWeightOptions;
  explicit QuantizedWeight(Options options = {});
  Tensor weight() override;
  Options options;
};

extern template class Reparam<Positive, RawWeight>;
extern template class Reparam<Symmetric, RawWeight>;
extern template class Reparam<Masked, RawWeight>;
extern template class Reparam<QuantizedWeight, RawWeight>;

}  // namespace tare::nn
