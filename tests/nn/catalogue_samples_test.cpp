#include "tests/nn/catalogue_samples.h"

#include "tests/nn/layer_checks.h"

namespace tare::testing {

Tensors sample_inputs(const LayerSample& s, DType dtype, uint64_t seed, double mean, double deviation) {
  Tensors inputs;
  for (const SampleInput& in : s.inputs) {
    Tensor t = inputs.empty() ? sample(in.shape, seed++, DType::float64, mean, deviation) : sample(in.shape, seed++, DType::float64);
    if (in.below > 0) {
      t = empty(in.shape, DType::int64);
      Generator g(seed);
      for (int64_t i = 0; i < t.numel(); i++) t.mutable_data<int64_t>()[i] = g.below(in.below);
    } else if (in.prepare) {
      t = in.prepare(t);
    }
    inputs.push_back(in.below > 0 ? t : to(t, dtype).detach());
  }
  return inputs;
}

const std::vector<LayerSample>& layer_samples() {
  static const std::vector<LayerSample> samples = {
      // ---- layers
      {R"({"type": "Linear", "in_features": 3, "out_features": 2})", {{{4, 3}}}},
      // ---- normalizations
      {R"({"type": "BatchNorm1d", "num_features": 3})", {{{5, 3}}}},
      {R"({"type": "BatchNorm1d", "num_features": 3, "eps": 0.1, "momentum": null, "affine": false})", {{{4, 3, 2}}}},
      {R"({"type": "BatchNorm1d", "num_features": 3, "track_running_stats": false})", {{{4, 3}}}},
      {R"({"type": "BatchNorm2d", "num_features": 3})", {{{3, 3, 2, 2}}}},
      {R"({"type": "BatchNorm3d", "num_features": 2})", {{{2, 2, 1, 2, 2}}}},
      {R"({"type": "GroupNorm", "num_groups": 2, "num_channels": 4})", {{{2, 4, 3}}}},
      {R"({"type": "InstanceNorm1d", "num_features": 2})", {{{2, 2, 5}}}},
      {R"({"type": "InstanceNorm2d", "num_features": 2, "affine": true, "track_running_stats": true})", {{{2, 2, 3, 2}}}},
      {R"({"type": "InstanceNorm3d", "num_features": 2})", {{{2, 2, 3, 2, 1}}}},
      {R"({"type": "LayerNorm", "normalized_shape": 4})", {{{3, 4}}}},
      {R"({"type": "LayerNorm", "normalized_shape": [2, 3], "bias": false, "eps": 0.01})", {{{3, 2, 3}}}},
      {R"({"type": "LocalResponseNorm", "size": 3, "alpha": 0.5})", {{{2, 4, 3}}}},
  };
  static const std::vector<LayerSample> all = [] {
    std::vector<LayerSample> joined = samples;
    for (auto& part : {plain_layer_samples(), flow_samples(), more_norm_samples(), paper_norm_samples(), regularizer_samples()}) joined.insert(joined.end(), part.begin(), part.end());
    for (auto& part : {plain_layer_samples(), more_norm_samples(), paper_norm_samples(), regularizer_samples(), analysis_samples()}) joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }();
  return all;
}

}  // namespace tare::testing
