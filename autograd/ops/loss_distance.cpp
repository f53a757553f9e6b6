#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare {
namespace {

Tensor difference(const char* what, const Tensor& x, const Tensor& target) {
  broadcast_shapes(what, x.shape(), target.shape());
  return x - target;
}

// max(x, 0) whose derivative at 0 is 1, as that of PyTorch's clamp_min.
Tensor at_least_zero(const Tensor& x) { return clamp(x, 0.0); }

}  // namespace

Tensor reduce_loss(const Tensor& losses, Reduction reduction) {
  return reduction == Reduction::none ? losses : reduction == Reduction::sum ? sum(losses) : mean(losses);
}

Tensor l1_loss(const Tensor& x, const Tensor& target, const LossOptions& o) { return reduce_loss(abs(difference("l1_loss", x, target)), o.reduction); }
Tensor mse_loss(const Tensor& x, const Tensor& target, const LossOptions& o) { return reduce_loss(square(difference("mse_loss", x, target)), o.reduction); }

Tensor huber_loss(const Tensor& x, const Tensor& target, const HuberLossOptions& o) {
  check<ValueError>(o.delta > 0, "huber_loss: expected delta above 0, not ", o.delta);
  Tensor d = difference("huber_loss", x, target), size = abs(d);
  return reduce_loss(where(lt(size, o.delta), 0.5 * square(d), o.delta * (size - 0.5 * o.delta)), o.reduction);
}
Tensor smooth_l1_loss(const Tensor& x, const Tensor& target, const SmoothL1LossOptions& o) {
  check<ValueError>(o.beta >= 0, "smooth_l1_loss: expected beta of at least 0, not ", o.beta);
  if (o.beta == 0) return l1_loss(x, target, {o.reduction});
  Tensor d = difference("smooth_l1_loss", x, target), size = abs(d);
  return reduce_loss(where(lt(size, o.beta), square(d) * (0.5 / o.beta), size - 0.5 * o.beta), o.reduction);
}

Tensor soft_margin_loss(const Tensor& x, const Tensor& target, const LossOptions& o) { return reduce_loss(-logsigmoid(target * x), o.reduction); }

Tensor hinge_embedding_loss(const Tensor& x, const Tensor& target, const HingeEmbeddingLossOptions& o) {
  return reduce_loss(where(ne(target, -1), x, 0.0) + where(ne(target, 1), at_least_zero(o.margin - x), 0.0), o.reduction);
}
Tensor margin_ranking_loss(const Tensor& x1, const Tensor& x2, const Tensor& target, const MarginOptions& o) {
  return reduce_loss(at_least_zero(o.margin - target * (x1 - x2)), o.reduction);
}

Tensor cosine_embedding_loss(const Tensor& x1, const Tensor& x2, const Tensor& target, const MarginOptions& o) {
  check<ShapeError>(target.dim() <= 1 && x1.dim() == target.dim() + 1 && x2.dim() == x1.dim(),
                    "cosine_embedding_loss: expected inputs (N, D) with targets (N), or (D) with [], but they are ", x1.shape(), ", ", x2.shape(), " and ", target.shape());
  constexpr double eps = 1e-12;
  Tensor cosine = sum(x1 * x2, {-1}) / sqrt((sum(square(x1), {-1}) + eps) * (sum(square(x2), {-1}) + eps));
  return reduce_loss(where(eq(target, 1), 1.0 - cosine, 0.0) + where(eq(target, -1), at_least_zero(cosine - o.margin), 0.0), o.reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, const TripletMarginLossOptions& o) {
  check<ValueError>(o.margin > 0, "triplet_margin_loss: expected a margin above 0, not ", o.margin);
  check<ShapeError>(anchor.dim() == positive.dim() && anchor.dim() == negative.dim(), "triplet_margin_loss: expected three inputs of as many axes but they are ",
                    anchor.shape(), ", ", positive.shape(), " and ", negative.shape());
  Tensor near = pairwise_distance(anchor, positive, o.p, o.eps), far = pairwise_distance(anchor, negative, o.p, o.eps);
  if (o.swap) far = minimum(far, pairwise_distance(positive, negative, o.p, o.eps));
  return reduce_loss(at_least_zero(o.margin + near - far), o.reduction);
}

}  // namespace tare
