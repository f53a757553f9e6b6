// The task of the saliency experiments: noise images in which one of three small patterns was planted. The class depends on the pattern alone, so that where it stands is
// known to be what matters.
#pragma once

#include "tare.h"

namespace tare::papers {

struct PlantedPatches {
  Tensor x;     ///< (n, 1, 16, 16): noise of deviation 0.5, plus 1.2 times a 5 x 5 pattern of +-1 at a random place
  Tensor y;     ///< which: horizontal stripes, vertical stripes, a cross
  Tensor mask;  ///< (n, 1, 16, 16): 1 inside the patch
};
/// From the default generator.
PlantedPatches planted_patches(int64_t n);

/// conv 1-12, relu ("body.1"), max pooling, conv 12-24, relu ("body.4"), conv 24-24, relu ("body.6"); 0.5 * the largest + 2 * the mean of each channel; linear to 3.
struct PatchNetOptions {
  void visit(Visitor&) {}
};
class PatchNet : public nn::Layer<PatchNet> {
 public:
  static constexpr std::string_view type = "PatchNet";
  using Options = PatchNetOptions;
  PatchNet();
  explicit PatchNet(Options) : PatchNet() {}
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override {
    v.child("body", body);
    v.child("head", head);
  }
  Options options;
  nn::Sequential body;
  nn::Linear head;
};

/// Adam 3e-3, minibatches of 50. In evaluation afterwards.
PatchNet trained_patch_net(const PlantedPatches& data, int64_t epochs);

/// The mean over images of the share of |map| (n, C, 16, 16) that lies inside the patch.
double share_inside(const Tensor& map, const Tensor& mask);
/// How often the largest |map| lies inside.
double pointing(const Tensor& map, const Tensor& mask);

}  // namespace tare::papers
