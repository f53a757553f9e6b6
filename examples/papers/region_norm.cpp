// Region normalization: the pixels of a hole move the mean and variance of a whole image, and with them every valid pixel. First the shift itself,
// then inpainting: a small net that fills holes in digits, with region normalization and with instance normalization.
#include <algorithm>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::region_norm {
namespace {

constexpr int64_t kWidth = 16, kBatch = 16, kHole = 3;

/// Squares of side kHole at random places of 8 x 8 images: (n, 1, 8, 8), 1 in the hole.
Tensor random_holes(int64_t n, Generator& random) {
  auto inside = [&] {
    Tensor from = randint(0, 8 - kHole + 1, {n, 1}, &random), at = arange(8);
    return logical_and(ge(at, from), lt(at, from + kHole));
  };
  Tensor rows = inside(), columns = inside();
  return to(unsqueeze(logical_and(unsqueeze(rows, 2), unsqueeze(columns, 1)), 1), DType::float32);
}

class Inpainter : public nn::Layer<Inpainter> {
 public:
  static constexpr std::string_view type = "Inpainter";
  explicit Inpainter(bool by_region) {
    for (int64_t i = 0; i < 4; i++)
      convs.items.push_back(nn::Conv2d({.in_channels = i ? kWidth : 2, .out_channels = i < 3 ? kWidth : 1, .kernel_size = 3, .padding = 1}));
    for (int64_t i = 0; i < 3; i++) norms.items.push_back(nn::InstanceNorm2d({.num_features = kWidth, .affine = true}));
    if (by_region) norms[0] = nn::RegionNormB(kWidth), norms[2] = nn::RegionNormL({.num_features = kWidth});
  }
  /// x (n, 1, 8, 8) and where its holes are -> the whole image.
  Tensor forward(const Tensor& x, const Tensor& holes) {
    Tensor y = cat({x * (1 - holes), holes}, 1);
    for (size_t i = 0; i < 3; i++) {
      y = convs[i](y);
      y = relu(norms[i].as<nn::RegionNormB>() ? norms[i](y, holes) : norms[i](y));
    }
    return convs[3](y);
  }
  void visit(Visitor& v) override { convs.visit(v, "conv"), norms.visit(v, "norm"); }
  nn::ModuleVector convs, norms;
};

double root_mean_square(const Tensor& error, const Tensor& where) {
  return std::sqrt((sum(square(error) * where) / sum(expand(where, error.shape()))).item<double>());
}

}  // namespace

void run(Experiment& e) {
  e.rule("RMS error on the valid pixels against their own standardization, with a hole of zeros in N(2, 1): above 0.2 for batch normalization "
         "over all pixels, below 1e-3 for region normalization, on every seed; and the mean L1 error in the holes of test digits with region "
         "normalization is at most that with instance normalization");
  Digits d = digit_images();
  e.note(d.source);
  e.note("inpainting: four convolutions on image and mask, holes of 3 x 3, L1 over all pixels, Adam 3e-3, 300 steps of 16; region normalization "
         "stands behind the first (RN-B) and third (RN-L) convolution, instance normalization behind the others. Twenty seeds: the mean of three "
         "moves by more than the difference");
  const char *kRms = "RMS error on valid pixels", *kL1 = "L1 in holes";
  for (int64_t seed : e.seeds(20)) {
    for (const char* method : {"BN", "RN"}) {
      e.begin(method, seed);
      Tensor hole = pad(ones({8, 1, 8, 8}), {4, 4, 4, 4}), valid = 1 - hole, x = (2 + randn({8, 4, 16, 16})) * valid;
      Tensor n = sum(valid), centre = sum(x, {0, 2, 3}, true) / n, variance = sum(square(x - centre) * valid, {0, 2, 3}, true) / n;
      Tensor y = method == std::string("RN") ? nn::RegionNorm(4)(x, hole) : nn::BatchNorm2d({.num_features = 4, .affine = false})(x);
      e.measure(kRms, root_mean_square(y - (x - centre) / sqrt(variance), valid));
    }
    for (const char* method : {"inpainting with IN", "inpainting with RN"}) {
      e.begin(method, seed);
      Inpainter net(method == std::string("inpainting with RN"));
      optim::Adam opt(net.parameters(), {.lr = 3e-3});
      Generator random{uint64_t(seed) + 1};
      train(opt, {.samples = d.y.numel(), .batch = kBatch, .steps = 300}, [&](const Tensor& index) {
        Tensor x = index_select(d.x, 0, index);
        return l1_loss(net(x, random_holes(kBatch, random)), x);
      });
      NoGrad off;
      net.eval();
      Tensor holes = random_holes(d.y_test.numel(), random);
      e.measure(kL1, (sum(abs(net(d.x_test, holes) - d.x_test) * holes) / sum(holes)).item());
    }
  }
  auto full = e.values("BN", kRms), regions = e.values("RN", kRms);
  e.above(text("BN: least ", kRms), *std::min_element(full.begin(), full.end()), 0.2);
  e.below(text("RN: largest ", kRms), *std::max_element(regions.begin(), regions.end()), 1e-3);
  e.at_most(text("mean ", kL1), e.mean("inpainting with RN", kL1), e.mean("inpainting with IN", kL1));
}

}  // namespace tare::papers::region_norm
