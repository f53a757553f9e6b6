// All You Need is Beyond a Good Init (Xie et al., 2017, arXiv:1703.01827): error modulation.
//
// Behind each block of a very deep plain network stands a module that passes its input on unchanged and, on the way back, rescales the gradient
// q that arrives:
//
//     q <- q * rms(ref) / rms(q)   whenever rms(q) / rms(ref) is outside [1 / threshold, threshold],   rms(z) = sqrt(mean z^2)
//
// ref is the gradient at the LAST such module of the backward pass (the first one that is played). Directions stay, only sizes change: this is
// no longer the gradient of one loss, so neither gradient checking nor a line search applies (a gradient of approximate kind). A q or ref of
// zeros is left alone. The paper gives the idea; the exact rule is a reconstruction.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct ErrorModulationOptions {
  double threshold = 1.0;               ///< at least 1; 1: always
  std::optional<int64_t> until_step{};  ///< number of training passes it works for; null: always
  std::string context{};                ///< modules of the same name share their reference within a backward pass
  void visit(Visitor& v);
};
/// x -> x.
class ErrorModulation : public Layer<ErrorModulation> {
 public:
  static constexpr std::string_view type = "ErrorModulation";
  using Options = ErrorModulationOptions;
  explicit ErrorModulation(Options options = {});
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Buffer step;  ///< [] int64: training passes so far
};

/// q rescaled to rms(ref) by the rule above. Off the tape.
Tensor modulate_gradient(const Tensor& q, const Tensor& ref, double threshold = 1.0);

extern template class Layer<ErrorModulation>;

}  // namespace tare::nn
