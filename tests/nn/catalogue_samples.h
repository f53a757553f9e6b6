// Sample configurations of modules, one or more a row of the catalogue, for the tests that run over all of them.
#pragma once

#include <string>
#include <vector>

#include "autograd/tape.h"
#include "core/json.h"

namespace tare::testing {

struct SampleInput {
  Shape shape;
  int64_t below = 0;                             ///< integers in [0, below) instead of normal numbers
  Tensor (*prepare)(const Tensor& t) = nullptr;  ///< makes valid inputs of normal numbers (masks, SPD matrices)
};

struct LayerSample {
  std::string json;
  std::vector<SampleInput> inputs;
  Gradient gradient = Gradient::exact;  ///< only exact ones are compared with finite differences
  double gradient_tolerance = 1e-6;
  double float32_tolerance = 1e-4;
  bool nan_propagates = true;
  bool zeros_are_fine = true;
  bool scatter = true;                  ///< parameters are moved away from their start
  bool state_from_outside = false;

  std::string type() const { return Json::parse(json).at("type").as_string(); }
};

const std::vector<LayerSample>& layer_samples();
/// Inputs of a sample: normal numbers, the first of this mean and deviation, integers and what prepare makes.
Tensors sample_inputs(const LayerSample& s, DType dtype, uint64_t seed = 21, double mean = 0, double deviation = 1);
std::vector<LayerSample> plain_layer_samples();  // of those that are no normalizations
std::vector<LayerSample> flow_samples();
std::vector<LayerSample> regularizer_samples();
std::vector<LayerSample> more_norm_samples();    // of the normalizations beyond the standard ones

std::vector<LayerSample> analysis_samples();     // of saliency methods and analyses

std::vector<LayerSample> paper_norm_samples();   // of the papers' normalizations

}  // namespace tare::testing
