// MoreauGrad: does the penalty inside the envelope make the map sparse, with its weight at what decides?
#include "examples/papers/experiment.h"
#include "examples/papers/planted_patch.h"
#include "examples/papers/training.h"

namespace tare::papers::moreaugrad {

void run(Experiment& e) {
  e.rule("sparse MoreauGrad (soft 0.3, last iterate) has a share of |map| inside the patch at least 0.15 above the plain gradient's and at least 60 % exact zeros, on every seed; without the penalty there "
         "are no zeros");
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    PlantedPatches data = planted_patches(3000), test = planted_patches(200);
    PatchNet net = trained_patch_net(data, 8);
    Tensor moved = test.x + 0.15 * randn(test.x.shape());
    for (std::string method : {"gradient", "MoreauGrad", "sparse MoreauGrad"}) {
      e.begin(method, seed);
      auto map_of = [&](const Tensor& x) {
        if (method == "gradient") return nn::SmoothGrad({.model = net, .stdev_spread = 0, .nsamples = 1})(x, test.y);
        return nn::MoreauGrad({.model = net, .sigma = 0, .lr = 0.1, .max_iter = 100, .soft = method == "MoreauGrad" ? 0 : 0.3})(x, test.y).map;
      };
      Tensor map = map_of(test.x);
      e.measure("share inside", share_inside(map, test.mask));
      e.measure("zeros", 1 - double(count_nonzero(map).item<int64_t>()) / double(map.numel()));
      e.measure("change under noise", mean(norm(map_of(moved) - map, 2, {1, 2, 3}) / clamp(norm(map, 2, {1, 2, 3}), 1e-30)).item());
    }
  }
  for (int64_t seed : seeds) {
    e.at_least(text("share above the gradient's, seed ", seed), e.value("sparse MoreauGrad", "share inside", seed) - e.value("gradient", "share inside", seed), 0.15);
    e.at_least(text("exact zeros, seed ", seed), e.value("sparse MoreauGrad", "zeros", seed), 0.6);
    e.at_most(text("exact zeros without the penalty, seed ", seed), e.value("MoreauGrad", "zeros", seed), 0);
  }
  e.note("robustness to noise (deviation 0.15) is measured beside the claim: the theorem wants smooth scores, which a rectifier net without smoothing has not");
}

}  // namespace tare::papers::moreaugrad
