// Sample configurations of the papers' normalizations and of what comes with them.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/shape.h"
#include "tests/nn/catalogue_samples.h"

namespace tare::testing {
namespace {

Tensor spd(const Tensor& t) { return matmul(t, transpose(t)) + eye(t.shape().back()); }

// Matrices have no place for NaN or zeros, and a weight that must stay positive definite cannot be moved about.
LayerSample of_matrices(const char* json) {
  LayerSample s{json, {{{4, 3, 3}, 0, spd}}, Gradient::approximate, 1e-6, 1e-3};
  s.nan_propagates = s.zeros_are_fine = s.scatter = false;
  return s;
}

}  // namespace

std::vector<LayerSample> paper_norm_samples() {
  constexpr Gradient exact = Gradient::exact, approximate = Gradient::approximate;
  std::vector<LayerSample> all = {
      {R"({"type": "RMSNorm", "normalized_shape": 4})", {{{3, 4}}}},
      {R"({"type": "RMSNorm", "normalized_shape": [2, 3], "eps": 0.01, "elementwise_affine": false, "bias": true, "p": 0.5})", {{{3, 2, 3}}}},
      {R"({"type": "RMSNorm", "normalized_shape": 5, "eps": 1e-8, "eps_mode": "outside", "bias": true})", {{{2, 3, 5}}}},
      {R"({"type": "LayerNormLSTMCell", "input_size": 3, "hidden_size": 2})", {{{2, 3}}, {{2, 2}}, {{2, 2}}}},
      {R"({"type": "LayerNormLSTM", "input_size": 3, "hidden_size": 2, "num_layers": 2, "batch_first": true, "eps": 0.01})", {{{2, 3, 3}}}},
      {R"({"type": "OnlineNorm1d", "num_features": 3, "alpha_fwd": 0.9, "alpha_bkw": 0.8, "clamp_val": 3})", {{{5, 3}}}, approximate},
      {R"({"type": "OnlineNorm2d", "num_features": 2, "ecm": "ls", "ls_eps": 1e-4, "eps": 1e-4})", {{{3, 2, 2, 2}}}, approximate},
      {R"({"type": "OnlineNorm2d", "num_features": 2, "ecm": "none", "affine": false})", {{{3, 2, 2, 2}}}, approximate},
      {R"({"type": "PowerNorm", "num_features": 4, "warmup_iters": 1, "group_num": 2, "alpha_fwd": 0.8, "alpha_bkw": 0.7})", {{{3, 2, 4}}}, approximate},
      {R"({"type": "PowerNorm", "num_features": 3, "group_scaling": false, "affine": false})", {{{5, 3}}}, approximate},
      {R"({"type": "UnifiedNorm", "num_features": 3, "window_size": [2, 3], "warmup_iters": 1, "outlier_filtration": true})", {{{2, 3, 3}}}, approximate},
      {R"({"type": "EvoNormB0", "num_features": 3})", {{{3, 3, 2, 2}}}},
      {R"({"type": "EvoNormB1", "num_features": 2, "momentum": 0.3})", {{{3, 2, 2, 2}}}},
      {R"({"type": "EvoNormB2", "num_features": 2, "eps": 0.01})", {{{3, 2, 2, 3}}}},
      {R"({"type": "EvoNormS0", "num_features": 4, "groups": 2})", {{{2, 4, 2, 2}}}},
      {R"({"type": "EvoNormS1", "num_features": 3, "groups": 3})", {{{2, 3, 2, 2}}}},
      {R"({"type": "EvoNormS2", "num_features": 4, "groups": 1, "eps": 0.01})", {{{2, 4, 2, 2}}}},
      {R"({"type": "ScaleNorm", "scale": 2})", {{{3, 4}}}},
      {R"({"type": "FixNormEmbedding", "num_embeddings": 5, "embedding_dim": 3, "scale": 1.5})", {{{2, 3}, 5}}, exact, 1e-6, 1e-4, false},
      {R"({"type": "RegionNorm", "num_features": 2})", {{{2, 2, 3, 3}}, {{2, 1, 3, 3}, 2}}},
      {R"({"type": "RegionNormB", "num_features": 2})", {{{2, 2, 4, 4}}, {{2, 1, 2, 2}, 2}}},
      {R"({"type": "RegionNormL", "num_features": 2, "threshold": 0.5, "kernel_size": 3})", {{{2, 2, 3, 3}}}},
      {R"({"type": "PCNorm", "num_features": 2})", {{{3, 2, 3, 4}}}},
      {R"({"type": "CCNorm", "num_features": 2, "temperature": 0.5})", {{{2, 2, 4, 3}}}},
      {R"({"type": "SCNorm", "num_features": 2})", {{{2, 2, 3, 3}}}},
      {R"({"type": "CSNorm", "num_features": 4, "hidden_features": 3, "gate_eps": 0.5})", {{{2, 4, 3, 2}}}},
      {R"({"type": "GDN", "num_features": 3})", {{{2, 3, 2, 2}}}},
      {R"({"type": "GDN", "num_features": 2, "inverse": true, "beta_min": 1e-3, "gamma_init": 0.2})", {{{2, 2, 3}}}},
      {R"({"type": "GDN1", "num_features": 2})", {{{3, 2}}}},
      {R"({"type": "GeneralizedGDN", "num_features": 3})", {{{4, 3}}}},
      {R"({"type": "GeneralizedGDN", "num_features": 2, "return_log_det": true})", {{{4, 2}}}},
      {R"({"type": "BatchChannelNorm", "num_features": 4, "num_groups": 2})", {{{3, 4, 2, 2}}}},
      {R"({"type": "BatchChannelNorm", "num_features": 4, "num_groups": 2, "estimate": true, "moving_speed": 0.3, "eps": 1e-3})", {{{1, 4, 2, 2}}}},
      {R"({"type": "EstBatchNorm", "num_features": 3, "moving_speed": 0.2})", {{{1, 3, 4}}}},
      {R"({"type": "CRMSNorm", "normalized_shape": 4})", {{{3, 4}}}},
      {R"({"type": "LinearZeroMeanOutput", "in_features": 3, "out_features": 4})", {{{2, 3}}}},
      {R"({"type": "LinearZeroMeanOutput", "in_features": 3, "out_features": 2, "bias": false})", {{{2, 3}}}},
      {R"({"type": "PreCRMSEncoderLayer", "d_model": 4, "nhead": 2, "dim_feedforward": 3, "dropout": 0, "activation": "gelu"})", {{{3, 2, 3}}}},
      {R"({"type": "ZeroMeanEncoder", "encoder": {"type": "TransformerEncoder", "num_layers": 1, "encoder_layer": {"type": "TransformerEncoderLayer", "d_model": 4,
           "nhead": 2, "dim_feedforward": 3, "dropout": 0, "activation": "gelu", "norm_first": true}}})", {{{3, 2, 4}}}},
      {R"({"type": "AdaB2N", "num_features": 2, "num_tasks": 2, "kappa": 0.5, "init_weight": 0.2})", {{{4, 2, 2, 2}}, {{4}, 1}}},
      {R"({"type": "AlphaBN", "num_features": 3, "alpha": 0.7})", {{{4, 3, 2}}}},
      {R"({"type": "TimeDependentParameter", "size": 3, "start": 0.5})", {{{4}}}},
      {R"({"type": "TimeDependentLayerNorm", "normalized_shape": 4, "time_scale": 2})", {{{2, 3, 4}}, {{2}}}},
      {R"({"type": "TimeDependentRMSNorm", "normalized_shape": 4, "bias": true})", {{{2, 3, 4}}, {{2}}}},
      {R"({"type": "UncenteredBatchNorm1d", "num_features": 3})", {{{4, 3}}}},
      {R"({"type": "UncenteredBatchNorm1d", "num_features": 3, "factor": 2, "mean_reduction": true})", {{{4, 3}}}},
      {R"({"type": "MeanOnlyBatchNorm", "num_features": 3, "momentum": 0.2})", {{{4, 3, 2}}}},
      of_matrices(R"({"type": "LieBNSPD", "n": 3, "karcher_steps": 2, "beta": 0.1})"),
      of_matrices(R"({"type": "LieBNSPD", "n": 3, "metric": "LEM", "alpha": 0.5, "momentum": 0.3})"),
      of_matrices(R"({"type": "LieBNSPD", "n": 3, "metric": "LCM", "power": 0.5})"),
      {R"({"type": "FeatureNorm"})", {{{3, 4}}}},
      {R"({"type": "FeatureNorm", "scale_sqrt_dim": true, "eps": 1e-3})", {{{2, 2, 3}}}},
  };
  return all;
}

}  // namespace tare::testing
