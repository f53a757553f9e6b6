// SmoothGrad: is the averaged gradient a sharper map? Where the class is decided by a planted patch, a sharper map has more of its weight inside it.
#include "examples/papers/experiment.h"
#include "examples/papers/planted_patch.h"
#include "examples/papers/training.h"

namespace tare::papers::smoothgrad {

void run(Experiment& e) {
  e.rule("SmoothGrad (0.15, 25 samples) has a share of |map| inside the patch at least 0.02 above the plain gradient's, and points into it at least 0.03 more often, on every seed");
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    PlantedPatches data = planted_patches(1500), test = planted_patches(200);
    PatchNet net = trained_patch_net(data, 6);
    for (const char* method : {"gradient", "SmoothGrad", "squared"}) {
      e.begin(method, seed);
      std::string name = method;
      nn::SmoothGrad saliency({.model = net, .stdev_spread = name == "gradient" ? 0 : 0.15, .nsamples = name == "gradient" ? 1 : 25, .magnitude = name == "squared"});
      Tensor map = saliency(test.x, test.y);
      e.measure("share inside", share_inside(map, test.mask));
      e.measure("pointing", pointing(map, test.mask));
      e.measure("test accuracy", accuracy(net, test.x, test.y));
    }
  }
  for (int64_t seed : seeds) {
    e.at_least(text("share inside above the gradient's, seed ", seed), e.value("SmoothGrad", "share inside", seed) - e.value("gradient", "share inside", seed), 0.02);
    e.at_least(text("pointing above the gradient's, seed ", seed), e.value("SmoothGrad", "pointing", seed) - e.value("gradient", "pointing", seed), 0.03);
  }
  e.note("planted patches stand in for ImageNet, where the paper's evidence is visual");
}

}  // namespace tare::papers::smoothgrad
