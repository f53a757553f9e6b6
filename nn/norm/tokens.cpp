#include "nn/norm/tokens.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"

namespace tare::nn {

Tensor token_mean(const Tensor& x) {
  int64_t features = x.shape().back();
  return mean(reshape(x, {x.numel() / features, features}), {0});
}

Tensor token_mean_square(std::string_view type, const Tensor& x, const Tensor& pad_mask, bool time_first) {
  NoGrad off;
  check<ValueError>(x.numel() > 0, type, ": there is no token in an input of shape ", x.shape());
  if (!pad_mask.defined()) return token_mean(square(x));
  Tensor mask = time_first && pad_mask.dim() == 2 ? transpose(pad_mask, 0, 1) : pad_mask;
  check<ShapeError>(mask.shape() == x.shape().slice(0, -1), type, ": expected a padding mask that fits the tokens ", x.shape().slice(0, -1), " of the input",
                    time_first ? " (its axes exchanged)" : "", " but it is ", pad_mask.shape());
  Tensor keep = to(eq(mask, 0), x.dtype());
  double count = sum(keep).item();
  check<ValueError>(count > 0, type, ": every token is marked as padding");
  Shape over;
  for (int i = 0; i + 1 < x.dim(); i++) over.push_back(i);
  return sum(square(x) * unsqueeze(keep, -1), over) / count;
}

}  // namespace tare::nn
