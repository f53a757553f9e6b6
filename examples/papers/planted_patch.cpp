#include "examples/papers/planted_patch.h"

#include "examples/papers/training.h"

namespace tare::papers {
namespace {
constexpr int64_t kImage = 16, kPatch = 5;

nn::Conv2d conv3x3(int64_t in, int64_t out) { return nn::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 3, .padding = 1}); }
}  // namespace

PlantedPatches planted_patches(int64_t n) {
  PlantedPatches out{0.5 * randn({n, 1, kImage, kImage}), randint(0, 3, {n}), zeros({n, 1, kImage, kImage})};
  std::vector<int64_t> kind = out.y.to_vector<int64_t>(), corner = randint(0, kImage - kPatch + 1, {n, 2}).to_vector<int64_t>();
  for (int64_t k = 0; k < n; k++)
    for (int64_t i = 0; i < kPatch; i++)
      for (int64_t j = 0; j < kPatch; j++) {
        bool up = kind[size_t(k)] == 0 ? i % 2 == 0 : kind[size_t(k)] == 1 ? j % 2 == 0 : i == j || i + j == kPatch - 1;
        int64_t at = (k * kImage + corner[size_t(2 * k)] + i) * kImage + corner[size_t(2 * k + 1)] + j;
        out.x.mutable_data<float>()[at] += up ? 1.2f : -1.2f;
        out.mask.mutable_data<float>()[at] = 1;
      }
  return out;
}

PatchNet::PatchNet()
    : body{conv3x3(1, 12), nn::ReLU(), nn::MaxPool2d(2), conv3x3(12, 24), nn::ReLU(), conv3x3(24, 24), nn::ReLU()}, head(24, 3) {}

Tensor PatchNet::forward(const Tensor& x) {
  Tensor features = body(x);
  return head(0.5 * amax(features, {2, 3}) + 2 * mean(features, {2, 3}));
}

PatchNet trained_patch_net(const PlantedPatches& data, int64_t epochs) {
  PatchNet net;
  optim::Adam opt(net.parameters(), {.lr = 3e-3});
  int64_t n = data.y.numel();
  train(opt, {.samples = n, .batch = 50, .steps = epochs * n / 50}, [&](const Tensor& index) {
    return nn::cross_entropy(net(index_select(data.x, 0, index)), index_select(data.y, 0, index));
  });
  net.eval();
  return net;
}

double share_inside(const Tensor& map, const Tensor& mask) {
  Tensor size = abs(map);
  return mean(sum(size * mask, {1, 2, 3}) / clamp(sum(size, {1, 2, 3}), 1e-30)).item();
}

double pointing(const Tensor& map, const Tensor& mask) {
  Tensor top = argmax(flatten(sum(abs(map), {1}), 1), 1, true);
  return mean(gather(flatten(mask, 1), 1, top)).item();
}

}  // namespace tare::papers
