// Sample configurations of the flows.
#include "tests/nn/catalogue_samples.h"

namespace tare::testing {

std::vector<LayerSample> flow_samples() {
  return {
      {R"({"type": "CInCConv2d", "channels": 2, "kernel_size": 2})", {{{2, 2, 3, 2}}}},
      {R"({"type": "CInCConv2d", "channels": 3, "kernel_size": 1, "mask": "full"})", {{{2, 3, 2, 2}}}},
      {R"({"type": "CInCConv2d", "channels": 1, "mask": "full", "direction": "inverse"})", {{{1, 1, 3, 2}}}},
      {R"({"type": "QuadCoupling", "channels": 4})", {{{2, 4, 2, 3}}}},
      {R"({"type": "QuadCoupling", "channels": 8, "net": "conv1x1"})", {{{1, 8, 1, 2}}}},
  };
}

}  // namespace tare::testing
