// Sample configurations of the flows.
#include "tests/nn/catalogue_samples.h"

namespace tare::testing {

std::vector<LayerSample> flow_samples() {
  return {
      {R"({"type": "AffineCouplingStack", "dim": 3, "blocks": 2, "hidden": 2})", {{{3, 3}}}},
      {R"({"type": "AffineCouplingStack", "dim": 2, "blocks": 3, "hidden": 2, "direction": "inverse", "scale_bound": 1.5})", {{{2, 2}}}},
      {R"({"type": "AffineCouplingStack", "dim": 5, "blocks": 2, "hidden": 2, "shuffle": 3})", {{{2, 5}}}},
      {R"({"type": "CInCConv2d", "channels": 2, "kernel_size": 2})", {{{2, 2, 3, 2}}}},
      {R"({"type": "CInCConv2d", "channels": 3, "kernel_size": 1, "mask": "full"})", {{{2, 3, 2, 2}}}},
      {R"({"type": "CInCConv2d", "channels": 1, "mask": "full", "direction": "inverse"})", {{{1, 1, 3, 2}}}},
      {R"({"type": "CNF", "dim": 2, "hidden": 3, "steps": 2})", {{{3, 2}}}},
      {R"({"type": "CNFTemporalGradient", "dim": 2, "hidden": 3, "steps": 2, "end_time": 0.7})", {{{3, 2}}}},
      {R"({"type": "FairFlowEncoder", "dim": 3, "hidden": [4], "blocks": 2})", {{{3, 3}}}},
      {R"({"type": "FairNormalizingFlow", "dim": 2, "hidden": [3], "blocks": 1, "prior0": {"mean": [0.5, 0], "std": 1}, "prior1": {"mean": [-0.5, 0], "std": 1.2}})",
       {{{3, 2}}, {{4, 2}}}, Gradient::exact, 1e-6, 1e-4, false},  // comparisons with NaN are false, so that Delta hides it
      {R"({"type": "InjectiveFlowLoss", "data_dim": 3, "latent_dim": 2, "hidden": 3, "activation": "silu"})", {{{2, 3}}, {{2, 2, 1}}}, Gradient::approximate},
      {R"({"type": "NanoFlow", "dim": 3, "flows": 2, "layers": 1, "hidden": 2, "embed_dim": 1})", {{{3, 3}}}},
      {R"({"type": "NanoFlow", "variant": "separate", "dim": 2, "flows": 2, "layers": 1, "hidden": 3})", {{{3, 2}}}},
      {R"({"type": "PathGradientLoss", "estimator": "reparam", "dim": 3, "blocks": 2, "hidden": 2})", {{{3, 3}}}},
      {R"({"type": "PathGradientLoss", "estimator": "fast_path_qp", "dim": 3, "blocks": 2, "hidden": 2})", {{{3, 3}}}, Gradient::approximate},
      {R"({"type": "PathGradientLoss", "estimator": "path_pq", "dim": 2, "blocks": 2, "hidden": 2, "action": "quadratic"})", {{{3, 2}}}, Gradient::approximate},
      {R"({"type": "QuadCoupling", "channels": 4})", {{{2, 4, 2, 3}}}},
      {R"({"type": "QuadCoupling", "channels": 8, "net": "conv1x1"})", {{{1, 8, 1, 2}}}},
      {R"({"type": "ReverseAlignment", "mode": "forward", "dim": 3, "blocks": 3, "hidden": 2, "layer": 1, "target_dim": 2})", {{{3, 3}}, {{3, 2}}}},
      {R"({"type": "ReverseAlignment", "dim": 3, "blocks": 3, "hidden": 2, "layer": 1, "target_dim": 2})", {{{3, 3}}, {{3, 2}}}, Gradient::approximate},
      {R"({"type": "SimFlow", "data_dim": 4, "latent_dim": 2, "hidden": 3, "blocks": 2, "nll_weight": 0.1})", {{{3, 4}}, {{3, 2}}}},
  };
}

}  // namespace tare::testing
