// Signal propagation: how means and variances travel through a net (Brock, De and Smith 2021, arXiv:2101.08692, section 3).
#pragma once

#include <string>
#include <vector>

#include "nn/module.h"

namespace tare::nn {

/// Of a map (N, C, ...): the average over channels of mean^2, and of the biased variance; means and variances over all axes but C. On the tape.
struct SignalMetrics {
  Tensor mean_squared, variance;
};
SignalMetrics signal_metrics(const Tensor& x);

struct SignalPoint {
  std::string path;  ///< of the module whose output it is
  std::string type;
  double mean_squared, variance;
};
/// The data of a signal propagation plot: one point for every module called while model(x) runs whose path matches, in the order in which they finish. Off the
/// tape, and statistics stay as they are.
std::vector<SignalPoint> signal_propagation(Module& model, const Tensor& x, std::string_view pattern = "*");

}  // namespace tare::nn
