#include "nn/activation/exponential.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"

namespace tare::nn {

void ELUOptions::visit(Visitor& v) { v.option("alpha", alpha); }
ELU::ELU(Options o) : options(o) {}
Tensor ELU::forward(const Tensor& x) { return elu(x, options.alpha); }

Tensor SELU::forward(const Tensor& x) { return selu(x); }
void CELUOptions::visit(Visitor& v) { v.option("alpha", alpha); }
CELU::CELU(Options o) : options(o) { check<ConfigError>(o.alpha != 0, "CELU: alpha must not be 0"); }
Tensor CELU::forward(const Tensor& x) { return celu(x, options.alpha); }

template class Layer<ELU>;
template class Layer<SELU>;
template class Layer<CELU>;

}  // namespace tare::nn
