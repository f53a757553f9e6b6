// Samples of regularizers and calibration losses for the tests over the whole catalogue. The inputs of a weight regularizer are weights.
#include "tests/nn/catalogue_samples.h"

namespace tare::testing {

std::vector<LayerSample> regularizer_samples() {
  std::vector<LayerSample> all;
  auto add = [&](std::string json, std::vector<SampleInput> inputs, bool nan = true) {
    all.push_back({.json = std::move(json), .inputs = std::move(inputs), .nan_propagates = nan, .scatter = false});
  };
  const std::vector<SampleInput> weights = {{{4, 3}}, {{4, 2, 2}}};
  for (auto type : {"L1", "L2", "ElasticNet", "GroupLasso", "NormLoss", "OrthonormalityRegularizer", "SoftOrthogonality", "CauchySchwarzRegularizer"})
    add(text(R"({"type": ")", type, "\"}"), weights);
  add(R"({"type": "GroupOrthogonalization", "num_groups": 2, "min_num_filters": 2, "regularize_fc_layers": true})", weights);
  add(R"({"type": "SoftOrthogonality", "kind": "DSO", "lambda": 0.3})", weights);
  add(R"({"type": "SoftOrthogonality", "kind": "MC"})", weights);
  add(R"({"type": "FeatureFlowRegularizer"})", {{{3, 4}}, {{3, 4}}, {{3, 4}}});
  add(R"({"type": "ActivityPenalty", "p": 2})", {{{3, 4}}, {{3, 2}}});
  add(R"({"type": "TotalVariation", "p": 2})", {{{2, 3, 4, 3}}});
  add(R"({"type": "ConfidencePenalty"})", {{{3, 4}}});
  add(R"({"type": "VanishingGradientPenalty"})", {{{3, 3}}, {{4, 2, 3}}, {{4, 2, 3}}});
  all.back().gradient = Gradient::approximate;  // states and errors are constants
  add(R"({"type": "ACLS", "margin": 0.4})", {{{4, 5}}, {{4}, 5}});
  all.back().gradient = Gradient::approximate;  // the largest logit is detached in one of its terms
  add(R"({"type": "MarginLabelSmoothingLoss", "margin": 0.4})", {{{4, 5}}, {{4}, 5}});
  add(R"({"type": "LogitNormLoss", "temperature": 1})", {{{4, 5}}, {{4}, 5}});
  add(R"({"type": "ErrorModulation"})", {{{3, 4}}});
  all.back().gradient = Gradient::approximate;
  return all;
}

}  // namespace tare::testing
