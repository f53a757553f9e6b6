#include "tests/nn/catalogue_samples.h"

namespace tare::testing {

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
    for (auto& part : {plain_layer_samples(), more_norm_samples(), paper_norm_samples(), regularizer_samples()}) joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }();
  return all;
}

}  // namespace tare::testing
