// FullGrad: do the pixels it calls unimportant matter least? The least salient pixels are set to 0 and the change of the class's probability is measured.
#include "examples/papers/experiment.h"
#include "examples/papers/planted_patch.h"
#include "examples/papers/training.h"

namespace tare::papers::fullgrad {
namespace {

/// x with the share p of least salient pixels set to 0.
Tensor without_least(const Tensor& x, const Tensor& map, double p) {
  Tensor flat = nn::Flatten()(map), threshold = quantile(flat, p, 1, true);
  return x * reshape(to(ge(flat, threshold), x.dtype()), x.shape());
}

Tensor probability(PatchNet& net, const Tensor& x, const Tensor& y) { return gather(softmax(net(x), 1), 1, unsqueeze(y, 1)); }

}  // namespace

void run(Experiment& e) {
  e.rule("with 70 % of pixels removed FullGrad's change of the probability is at most 0.05 of random removal's, and at most the plain |gradient|'s + 0.01, on every seed");
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    PlantedPatches data = planted_patches(3000), test = planted_patches(200);
    PatchNet net = trained_patch_net(data, 8);
    for (std::string method : {"random", "gradient", "Grad-CAM", "FullGrad"}) {
      e.begin(method, seed);
      Tensor map = method == "random"     ? rand(test.x.shape())
                   : method == "gradient" ? abs(nn::SmoothGrad({.model = net, .stdev_spread = 0, .nsamples = 1})(test.x, test.y))
                   : method == "Grad-CAM" ? nn::GradCAM({.model = net, .target_layer = "body.6"})(test.x, test.y)
                                          : nn::FullGrad({.model = net})(test.x, test.y).saliency;
      NoGrad off;
      Tensor before = probability(net, test.x, test.y);
      for (double p : {0.1, 0.3, 0.5, 0.7, 0.9}) {
        double change = mean(abs(probability(net, without_least(test.x, map, p), test.y) - before)).item();
        e.point("change of the probability", p, change, "share of pixels removed");
        if (p == 0.7) e.measure("change at 0.7", change);
      }
      e.measure("share inside", share_inside(map, test.mask));
    }
  }
  for (int64_t seed : seeds) {
    double full = e.value("FullGrad", "change at 0.7", seed);
    e.at_most(text("FullGrad against random, seed ", seed), full, 0.05 * e.value("random", "change at 0.7", seed));
    e.at_most(text("FullGrad against the gradient, seed ", seed), full, e.value("gradient", "change at 0.7", seed) + 0.01);
  }
  e.note("the paper's order among the methods is not what is tested: on this easy task all good methods tie, and only the gap to random removal is wide");
}

}  // namespace tare::papers::fullgrad
