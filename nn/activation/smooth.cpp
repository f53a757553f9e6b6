#include "nn/activation/smooth.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"

namespace tare::nn {

Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor LogSigmoid::forward(const Tensor& x) { return logsigmoid(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor Tanhshrink::forward(const Tensor& x) { return tanhshrink(x); }
void SoftplusOptions::visit(Visitor& v) {
  v.option("beta", beta);
  v.option("threshold", threshold);
}
Softplus::Softplus(Options o) : options(o) {}
Tensor Softplus::forward(const Tensor& x) { return softplus(x, options.beta, options.threshold); }

Tensor Softsign::forward(const Tensor& x) { return softsign(x); }
void GELUOptions::visit(Visitor& v) { v.option("approximate", approximate); }
GELU::GELU(Options o) : options(std::move(o)) {
  check<ConfigError>(options.approximate == "none" || options.approximate == "tanh", "GELU: expected approximate to be none or tanh, not \"", options.approximate, "\"");
}
Tensor GELU::forward(const Tensor& x) { return gelu(x, options.approximate); }

Tensor SiLU::forward(const Tensor& x) { return silu(x); }
Tensor Mish::forward(const Tensor& x) { return mish(x); }

template class Layer<Sigmoid>;
template class Layer<LogSigmoid>;
template class Layer<Tanh>;
template class Layer<Tanhshrink>;
template class Layer<Softplus>;
template class Layer<Softsign>;
template class Layer<GELU>;
template class Layer<SiLU>;
template class Layer<Mish>;

}  // namespace tare::nn
