#include "nn/flow/sim_flow.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "nn/activation/smooth.h"

namespace tare::nn {

void SimFlowOptions::visit(Visitor& v) {
  v.option("data_dim", data_dim);
  v.option("latent_dim", latent_dim);
  v.option("hidden", hidden);
  v.option("blocks", blocks);
  v.option("sigma", sigma);
  v.option("nll_weight", nll_weight);
  v.option("recon", recon, {"mse", "l1"});
}

namespace {

SimFlowOptions checked(const SimFlowOptions& o) {
  check<ConfigError>(o.data_dim >= 1 && o.sigma >= 0 && o.nll_weight >= 0, "SimFlow: data_dim must be at least 1, sigma and nll_weight at least 0; not ", o.data_dim, ", ",
                     o.sigma, " and ", o.nll_weight);
  return o;
}

}  // namespace

SimFlow::SimFlow(Options o)
    : options(checked(o)),
      encoder(Linear(o.data_dim, o.hidden), Tanh{}, Linear(o.hidden, o.latent_dim)),
      decoder(Linear(o.latent_dim, o.hidden), Tanh{}, Linear(o.hidden, o.data_dim)),
      flow({.dim = o.latent_dim, .blocks = o.blocks, .hidden = o.hidden}) {}

void SimFlow::visit(Visitor& v) {
  v.child("encoder", encoder);
  v.child("decoder", decoder);
  v.child("flow", flow);
}

Tensors SimFlow::forward(const Tensor& x, const Tensor& eps) {
  check_rows(type, x, options.data_dim);
  Tensor mu = encode(x), noise = eps.defined() ? eps : randn_like(mu);
  check<ShapeError>(noise.shape() == mu.shape(), "SimFlow: expected noise ", mu.shape(), " but it is ", noise.shape());
  Tensor z = mu + options.sigma * noise, error = x - decode(z);
  Tensor recon = options.recon == Reconstruction::mse ? mean(square(error)) : mean(abs(error));
  Tensor nll = -mean(flow.log_prob(z)) / double(options.latent_dim);
  return {recon + options.nll_weight * nll, recon, nll};
}

Tensor SimFlow::sample(int64_t n) {
  NoGrad off;
  return decode(flow.generate(randn({n, options.latent_dim}, flow.parameters()[0].tensor.dtype()))[0]);
}

template class Layer<SimFlow>;

}  // namespace tare::nn
