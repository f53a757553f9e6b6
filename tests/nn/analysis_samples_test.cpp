// Samples of saliency methods and analyses. Their outputs are off the tape.
#include "tests/nn/catalogue_samples.h"

namespace tare::testing {

std::vector<LayerSample> analysis_samples() {
  std::vector<LayerSample> all;
  auto add = [&](std::string json, std::vector<SampleInput> inputs) {
    all.push_back({.json = std::move(json), .inputs = std::move(inputs), .gradient = Gradient::none, .float32_tolerance = 1e-3});
  };
  const std::string dense = R"("model": {"type": "Sequential", "modules": [{"type": "Linear", "in_features": 4, "out_features": 5}, {"type": "Tanh"},
    {"type": "Linear", "in_features": 5, "out_features": 3}]})";
  const std::string images = R"("model": {"type": "Sequential", "modules": [{"type": "Conv2d", "in_channels": 2, "out_channels": 8, "kernel_size": 3}, {"type": "Softplus"},
    {"type": "Flatten"}, {"type": "Linear", "in_features": 128, "out_features": 3}]})";
  const std::string rectified = R"("model": {"type": "Sequential", "modules": [{"type": "Conv2d", "in_channels": 2, "out_channels": 3, "kernel_size": 3}, {"type": "LeakyReLU"},
    {"type": "Flatten"}, {"type": "Linear", "in_features": 48, "out_features": 3}]})";
  const SampleInput rows = {{2, 4}}, pictures = {{2, 2, 6, 6}}, labels = {{2}, 3};
  add(R"({"type": "SmoothGrad", )" + dense + R"(, "nsamples": 3})", {rows, labels, {{3, 2, 4}}});
  add(R"({"type": "SmoothGrad", )" + images + R"(, "nsamples": 2, "stdev_spread": 0.2, "magnitude": true})", {pictures, labels, {{2, 2, 2, 6, 6}}});
  add(R"({"type": "MoreauGrad", )" + dense + R"(, "max_iter": 4, "samples": 2, "average_last": 3})", {rows, labels, {{4, 2, 4}}});
  add(R"({"type": "MoreauGrad", )" + images + R"(, "max_iter": 3, "sigma": 0, "soft": 0.1, "group_dim": 3})", {pictures, labels});
  add(R"({"type": "FullGrad", )" + rectified + "}", {pictures, labels});
  add(R"({"type": "SimpleFullGrad", )" + rectified + "}", {pictures, labels});
  add(R"({"type": "NormGrad", )" + images + R"(, "target_layers": ["0", "1"]})", {pictures, labels});
  add(R"({"type": "NormGrad", )" + images + R"(, "target_layers": ["0"], "layer": "proper", "aggregate": "sum"})", {pictures, labels});
  add(R"({"type": "GradCAM", )" + images + R"(, "target_layer": "1"})", {pictures, labels});
  add(R"({"type": "CFCAM", )" + images + R"(, "target_layer": "1"})", {pictures, labels});
  all.back().float32_tolerance = 1;  // clusters may differ
  add(R"({"type": "MetaSaliency", "lr": 0.1, "saliency": {"type": "GradCAM", "target_layer": "1", )" + images + "}}", {pictures, labels});
  add(R"({"type": "HessianTrace", "exact": true, )" + dense + "}", {rows, labels});
  add(R"({"type": "HessianVectorProduct", )" + dense + "}", {rows, labels, {{43}}});
  add(R"({"type": "LossCurve", )" + dense + "}", {rows, labels, {{3}}});
  add(R"({"type": "LossSurface", )" + dense + "}", {rows, labels, {{3}}, {{2}}});
  add(R"({"type": "ConvFilterLearnability", "p": 3, "samples": 10, "steps": 5})", {});
  all.back().nan_propagates = all.back().zeros_are_fine = false;
  return all;
}

}  // namespace tare::testing
