#include "nn/reparam/reparameterization.h"

namespace tare::nn {

void RawWeight::initialize(const Tensor& w, std::string_view path) {
  accept(w, path);
  weight_orig.start(w, path);
}

void RawWeight::visit(Visitor& v) { v.parameter("weight_orig", weight_orig); }

}  // namespace tare::nn
