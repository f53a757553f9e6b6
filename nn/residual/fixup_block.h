// FixupBasicBlock, FixupMLPBlock: residual blocks that train without normalization (Zhang, Dauphin and Ma 2019, arXiv:1901.09321).
//
//     y = relu(shortcut + scale layer2(relu(layer1(x + bias1a) + bias1b) + bias2a) + bias2b)
//
// Four scalar biases and a scalar multiplier, of shape [1] and Role::other (they train at a tenth of the rate). The second layer starts at 0, so that a block
// starts as relu(shortcut); the first as He et al. have it, which init::fixup scales by the number of blocks. The convolutions are 3 x 3 without bias. Where
// stride > 1, shortcut keeps every stride-th pixel of x + bias1a and appends as many zero channels as there are: channels double.
#pragma once

#include "nn/conv/conv.h"
#include "nn/linear.h"

namespace tare::nn {

/// The scalars, shared by both blocks.
struct FixupScalars {
  FixupScalars();
  Parameter bias1a, bias1b, bias2a, scale, bias2b;
  void visit(Visitor& v);
  /// scale layer2(relu(layer1(x + bias1a) + bias1b) + bias2a) + bias2b
  template <class L>
  Tensor branch(const Tensor& shifted, L& layer1, L& layer2);
};

struct FixupBasicBlockOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;  ///< in_channels, or twice as many where stride > 1
  int64_t stride = 1;
  void visit(Visitor& v);
};

class FixupBasicBlock : public Layer<FixupBasicBlock> {
 public:
  static constexpr std::string_view type = "FixupBasicBlock";
  using Options = FixupBasicBlockOptions;
  explicit FixupBasicBlock(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  /// The start, for a net of `num_branches` such blocks.
  void start(int64_t num_branches);

  Options options;
  FixupScalars scalars;
  Conv2d conv1, conv2;
};

struct FixupMLPBlockOptions {
  int64_t features = 0;
  std::optional<int64_t> hidden{};  ///< null: features
  void visit(Visitor& v);
};

class FixupMLPBlock : public Layer<FixupMLPBlock> {
 public:
  static constexpr std::string_view type = "FixupMLPBlock";
  using Options = FixupMLPBlockOptions;
  explicit FixupMLPBlock(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  void start(int64_t num_branches);

  Options options;
  FixupScalars scalars;
  Linear fc1, fc2;
};

extern template class Layer<FixupBasicBlock>;
extern template class Layer<FixupMLPBlock>;

}  // namespace tare::nn
