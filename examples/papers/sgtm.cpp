// Selective gradient masking: can a capability be cut out of a network that was trained on everything, with imperfect labels of what shall go?
// Upright images are what is kept; the same ten classes under one fixed permutation of pixels are the capability to be removed, a tenth of them
// unlabelled. Data filtering, the baseline, leaves the labelled ones out and learns the capability from the unlabelled ones.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::sgtm {
namespace {

constexpr int64_t kImages = 4000, kUnlabelled = 400, kHidden = 192, kRetained = 128, kClasses = 10, kBatch = 50, kSteps = 2000;

struct Pool {
  Tensor x, y;
};

nn::SgtmMLP make() {
  return nn::SgtmMLP({.hidden_size = 784, .intermediate_size = kHidden, .retain_mlp_dim = kRetained, .activation = "relu", .output_size = kClasses});
}

/// Gradient routing (Cloud et al., 2024) on a target batch: no gradient through the units that retain.
Tensor routed(nn::SgtmMLP& net, const Tensor& x) {
  Tensor h = relu(net.c_fc(x));
  return net.c_proj(cat({narrow(h, 1, 0, kRetained).detach(), narrow(h, 1, kRetained, kHidden - kRetained)}, 1));
}

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed: target accuracy after ablation at most 0.40, of data filtering at least 0.65; target cross entropy at least 2, of data "
         "filtering at most 1; retain accuracy at least data filtering's less 0.02");
  e.note("recall 0.9: 400 of 4000 target images carry no label and are trained on as all others. Gradient routing (ablated as well) is told beside "
         "the rule. Plain SGD needs no separate optimizers of the two parts: a zero gradient moves nothing. Pixels have mean 0 and deviation 1; "
         "left in [0, 1] the capability goes as well, but SGTM keeps 0.015 to 0.03 less of the retain accuracy than the filter, here and in PyTorch");
  Split images = flattened(standardized(fashion(2 * kImages, kImages)));
  Generator fixed(1);
  Tensor order = randperm(784, &fixed), target_test = index_select(images.x_test, 1, order);
  Tensor target = index_select(narrow(images.x, 0, kImages, kImages), 1, order), target_y = narrow(images.y, 0, kImages, kImages);
  Pool retain{narrow(images.x, 0, 0, kImages), narrow(images.y, 0, 0, kImages)};
  Pool unlabelled{narrow(target, 0, 0, kUnlabelled), narrow(target_y, 0, 0, kUnlabelled)};
  Pool labelled{narrow(target, 0, kUnlabelled, kImages - kUnlabelled), narrow(target_y, 0, kUnlabelled, kImages - kUnlabelled)};
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds)
    for (std::string method : {"filter", "routing", "SGTM"}) {
      e.begin(method, seed);
      nn::SgtmMLP net = make();
      optim::SGD opt(net.parameters(), {.lr = 0.05});
      // Batches are of one pool, drawn in proportion to its size.
      std::vector<Pool> pools{retain, unlabelled};
      if (method != "filter") pools.push_back(labelled);
      std::vector<double> sizes;
      for (auto& pool : pools) sizes.push_back(double(pool.y.numel()));
      Tensor weights = from_vector(sizes, {int64_t(sizes.size())});
      train(opt, {.steps = kSteps}, [&](const Tensor&) {
        int64_t which = multinomial(weights, 1).item<int64_t>();
        Tensor index = randint(0, pools[size_t(which)].y.numel(), {kBatch}), x = index_select(pools[size_t(which)].x, 0, index);
        bool forget = which == 2, alone = which == 0 && method != "filter" && rand({}).item() < 0.5;
        net.set_mode(alone ? "retain" : forget && method == "SGTM" ? "forget" : "default");
        return cross_entropy(forget && method == "routing" ? routed(net, x) : net(x), index_select(pools[size_t(which)].y, 0, index));
      });
      NoGrad off;
      net.set_mode("default");
      e.measure("target accuracy before", accuracy(net, target_test, images.y_test));
      if (method != "filter") net.ablate();
      e.measure("target accuracy", accuracy(net, target_test, images.y_test));
      e.measure("target loss", cross_entropy(net(target_test), images.y_test).item<double>());
      e.measure("retain accuracy", accuracy(net, images.x_test, images.y_test));
    }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method, const char* metric) { return e.value(method, metric, seed); };
    e.at_most(text("target accuracy of SGTM, seed ", seed), of("SGTM", "target accuracy"), 0.40);
    e.at_least(text("target accuracy of the filter, seed ", seed), of("filter", "target accuracy"), 0.65);
    e.at_least(text("target loss of SGTM, seed ", seed), of("SGTM", "target loss"), 2);
    e.at_most(text("target loss of the filter, seed ", seed), of("filter", "target loss"), 1);
    e.at_least(text("retain accuracy: SGTM - filter, seed ", seed), of("SGTM", "retain accuracy") - of("filter", "retain accuracy"), -0.02);
  }
}

}  // namespace tare::papers::sgtm
