// AffineCouplingStack: a stack of affine couplings (Dinh, Sohl-Dickstein, Bengio, Density estimation using Real NVP, 2016, arXiv:1605.08803), in the form that
// path gradients, reverse alignment and SimFlow share.
//
//     block k:  on = the coordinates k%2, k%2 + 2, ..., off = the others;   h = tanh(W1 off + b1),  [shift | s] = W2 h + b2
//               y_off = x_off,  y_on = x_on exp(s) + shift,   log |det| += sum of s
//
// g applies blocks 0 .. blocks-1 (from the base to the data, direction "forward"), f their inverses from the last to the first ("inverse"). With
// scale_bound b > 0, s = b tanh(raw / b): log scales stay within (-b, b). With `shuffle` each block moves a random half of its own, drawn from this seed,
// in place of every second coordinate.
#pragma once

#include <optional>

#include "nn/flow/flow.h"
#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

struct AffineCouplingStackOptions {
  int64_t dim = 0;     ///< at least 2
  int64_t blocks = 4;
  int64_t hidden = 64;
  Direction direction = Direction::forward;  ///< of forward()
  double scale_bound = 0;                    ///< 0: none
  std::optional<int64_t> shuffle{};          ///< seed of random halves
  void visit(Visitor& v);
};

/// (B, dim) -> [the other side (B, dim), log_det (B)] of the direction. blocks.{k}.net.0 Linear(off, hidden), blocks.{k}.net.2 Linear(hidden, 2 on).
class AffineCouplingStack : public Layer<AffineCouplingStack> {
 public:
  static constexpr std::string_view type = "AffineCouplingStack";
  using Options = AffineCouplingStackOptions;
  explicit AffineCouplingStack(Options options);
  Tensors forward(const Tensor& x);
  void visit(Visitor& v) override;

  /// g: z -> [x, log |dx/dz|].
  Tensors generate(const Tensor& z);
  /// f: x -> [z, log |dz/dx|].
  Tensors normalize(const Tensor& x);
  /// log q(x) of the flow over N(0, I): (B).
  Tensor log_prob(const Tensor& x);
  /// Weights and biases of the last layers to 0: the flow starts as the identity.
  void start_as_identity();

  // ---- block by block, for what works inside a pass

  /// While it is in effect, no gradient reaches the parameters.
  struct Detached {
    explicit Detached(AffineCouplingStack& s) : stack(s) { stack.detached_ = true; }
    ~Detached() { stack.detached_ = false; }
    Detached(const Detached&) = delete;
    Detached& operator=(const Detached&) = delete;
    AffineCouplingStack& stack;
  };
  struct Halves {
    Tensor on, off;
  };
  Halves halves(size_t k, const Tensor& x) const;
  Tensor join(size_t k, const Halves& parts) const;
  /// h, the features of block k: (B, hidden).
  Tensor features(size_t k, const Tensor& off);
  struct Coefficients {
    Tensor shift, log_scale;
  };
  Coefficients coefficients(size_t k, const Tensor& features);
  size_t size() const { return nets_.size(); }

  Options options;

 private:
  struct Net {
    Linear first, last;
    std::vector<int64_t> order{};    ///< with shuffle: the coordinates that are moved, then the others
    std::vector<int64_t> inverse{};  ///< the place of each coordinate in `order`
  };
  std::vector<Net> nets_;
  bool detached_ = false;
};

extern template class Layer<AffineCouplingStack>;

}  // namespace tare::nn
