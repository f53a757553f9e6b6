#include "nn/flow/injective_flow.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/activation/smooth.h"
#include "nn/flow/flow.h"
#include "nn/linear.h"

namespace tare::nn {

InjectiveFlow injective_flow_loss(const TensorFunction& encoder, const TensorFunction& decoder, const Tensor& x, const Tensor& v, double beta, bool on_manifold) {
  bool recording = context().grad_enabled;
  EnableGrad on;  // the Jacobians' products are derivatives themselves
  Tensor at = x.requires_grad() ? x : x.detach().set_requires_grad();
  Tensor z = encoder(at), back = decoder(z);
  check<ShapeError>(z.dim() == 2 && v.dim() == 3 && v.size(0) == z.size(0) && v.size(1) == z.size(1) && v.size(2) >= 1 && back.shape() == x.shape(),
                    "injective_flow_loss: expected directions (B, d, K) for latents (B, d) and reconstructions like the data but they are ", v.shape(), ", ", z.shape(),
                    " and ", back.shape(), " for data ", x.shape());
  Tensor from = on_manifold ? back : at, latent = on_manifold ? encoder(back) : z, surrogate;
  for (int64_t k = 0; k < v.size(2); k++) {
    Tensor direction = select(v, 2, k);
    Tensor row = grad(latent, from, {.grad_outputs = {direction}, .create_graph = true});
    Tensor column = jvp(decoder, z.detach(), direction.detach()).product.detach();
    Tensor product = sum(row * column, {1});
    surrogate = k ? surrogate + product : product;
  }
  surrogate = surrogate / double(v.size(2));
  Tensor squared_error = sum(square(x - back), {1});
  InjectiveFlow out{beta * squared_error - standard_normal_log_prob(z) - surrogate, squared_error, surrogate};
  if (!recording) out = {out.loss.detach(), squared_error.detach(), surrogate.detach()};
  return out;
}

Tensor hutchinson_directions(int64_t batch, int64_t latent, int64_t count, DType dtype) {
  check<ValueError>(latent >= 1 && count >= 1 && count <= latent, "hutchinson_directions: expected 1 to ", latent, " directions in ", latent, " dimensions, not ", count);
  NoGrad off;
  return qr(randn({batch, latent, count}, dtype)).first * std::sqrt(double(latent));
}

Tensor injective_log_prob(const TensorFunction& encoder, const TensorFunction& decoder, const Tensor& x) {
  Tensor z = encoder(x).detach();
  EnableGrad on;
  Tensors columns;
  for (int64_t i = 0; i < z.size(1); i++) {
    Tensor direction = contiguous(expand(select(eye(z.size(1), z.size(1), z.dtype()), 0, i), z.shape()));
    columns.push_back(jvp(decoder, z, direction).product.detach());
  }
  Tensor jacobian = stack(columns, 2);  // (B, D, d)
  NoGrad off;
  return standard_normal_log_prob(z) - 0.5 * slogdet(matmul(transpose(jacobian), jacobian)).second;
}

namespace {

Sequential network(int64_t in, int64_t hidden, int64_t out, InjectiveActivation activation) {
  if (activation == InjectiveActivation::tanh) return Sequential{Linear(in, hidden), Tanh{}, Linear(hidden, out)};
  return Sequential{Linear(in, hidden), SiLU{}, Linear(hidden, out)};
}
InjectiveFlowLossOptions checked(const InjectiveFlowLossOptions& o) {
  check<ConfigError>(o.latent_dim >= 1 && o.latent_dim <= o.data_dim && o.hidden >= 1 && o.beta >= 0 && o.hutchinson_samples >= 1 && o.hutchinson_samples <= o.latent_dim,
                     "InjectiveFlowLoss: expected 1 <= latent_dim <= data_dim, hidden >= 1, beta >= 0 and 1 <= hutchinson_samples <= latent_dim, not latent_dim ", o.latent_dim,
                     ", data_dim ", o.data_dim, ", hidden ", o.hidden, ", beta ", o.beta, " and hutchinson_samples ", o.hutchinson_samples);
  return o;
}

}  // namespace

void InjectiveFlowLossOptions::visit(Visitor& v) {
  v.option("data_dim", data_dim);
  v.option("latent_dim", latent_dim);
  v.option("hidden", hidden);
  v.option("activation", activation, {"tanh", "silu"});
  v.option("beta", beta);
  v.option("hutchinson_samples", hutchinson_samples);
}

InjectiveFlowLoss::InjectiveFlowLoss(Options o)
    : options(checked(o)),
      encoder(network(o.data_dim, o.hidden, o.latent_dim, o.activation)),
      decoder(network(o.latent_dim, o.hidden, o.data_dim, o.activation)) {}

void InjectiveFlowLoss::visit(Visitor& v) {
  v.child("encoder", encoder);
  v.child("decoder", decoder);
}

Tensors InjectiveFlowLoss::forward(const Tensor& x, const Tensor& v) {
  check_rows(type, x, options.data_dim);
  Tensor directions = v.defined() ? v : hutchinson_directions(x.size(0), options.latent_dim, options.hutchinson_samples, x.dtype());
  check<ShapeError>(directions.shape() == Shape{x.size(0), options.latent_dim, options.hutchinson_samples}, "InjectiveFlowLoss: expected directions [", x.size(0), ", ",
                    options.latent_dim, ", ", options.hutchinson_samples, "] but they are ", directions.shape());
  InjectiveFlow f = injective_flow_loss([&](const Tensor& t) { return encoder(t); }, [&](const Tensor& t) { return decoder(t); }, x, directions, options.beta);
  return {f.loss, f.squared_error, f.surrogate};
}

template class Layer<InjectiveFlowLoss>;

}  // namespace tare::nn
