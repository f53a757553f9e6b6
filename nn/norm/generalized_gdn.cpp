#include "nn/norm/generalized_gdn.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"
#include "nn/norm/channels.h"

namespace tare::nn {

void GeneralizedGDNOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("return_log_det", return_log_det);
}

GeneralizedGDN::GeneralizedGDN(Options o) : options(o) {
  int64_t c = o.num_features;
  check_norm_options(type, c, 0);
  beta = Parameter(init::ones({c}));
  gamma = Parameter(eye(c) * 0.1);
  alpha = Parameter(init::constant({c, c}, 2));
  epsilon = Parameter(init::constant({c}, 0.5));
}
GeneralizedGDN::GeneralizedGDN(int64_t num_features) : GeneralizedGDN(Options{.num_features = num_features}) {}

void GeneralizedGDN::visit(Visitor& v) {
  v.parameter("beta", beta, Role::norm_shift);
  v.parameter("gamma", gamma, Role::norm_scale);
  v.parameter("alpha", alpha, Role::other);
  v.parameter("epsilon", epsilon, Role::other);
}

Tensors GeneralizedGDN::forward(const Tensor& z) {
  check_channels(type, z, options.num_features, 2, 2);
  Tensor g = gamma(), a = alpha(), e = epsilon();
  // (N, 1, C): |z_k|, with 1 in the place of 0, where powers below 1 have no derivative; `some` takes those places out again.
  Tensor some = unsqueeze(ne(z, 0), 1), size = where(some, abs(unsqueeze(z, 1)), 1.0);
  Tensor terms = where(some, g * pow(size, a), 0.0);
  Tensor activity = beta() + sum(terms, {2});
  Tensor y = z / pow(activity, e);
  if (!options.return_log_det) return {y};
  // dy/dz = diag(D^-epsilon) K. On K's diagonal D_i - epsilon_i alpha_ii terms_ii is summed up term by term, since at large |z_i| the two nearly cancel;
  // elsewhere terms_ik alpha_ik / z_k is gamma_ik alpha_ik |z_k|^(alpha_ik - 1) sign(z_k).
  Tensor same = eye(options.num_features, options.num_features, z.dtype());
  Tensor on = beta() + sum(terms * (1 - same * unsqueeze(e, 1) * a), {2});
  Tensor off = unsqueeze(z * e / activity, 2) * (terms * a * (1 - same) / where(some, unsqueeze(z, 1), 1.0));
  return {y, slogdet(diag_embed(on / activity) - off).second - sum(e * log(activity), {1})};
}

template class Layer<GeneralizedGDN>;

}  // namespace tare::nn
