// Saliency methods against closed forms, and what holds of every one of them.
#include <cmath>

#include <doctest/doctest.h>

#include "tare.h"
#include "tests/nn/layer_checks.h"

using namespace tare;
using namespace tare::testing;

namespace {

nn::Sequential rectifier_net() {
  manual_seed(3);
  return nn::Sequential{nn::Conv2d({.in_channels = 2, .out_channels = 4, .kernel_size = 3, .padding = 1}), nn::BatchNorm2d(4), nn::ReLU(), nn::MaxPool2d(nn::MaxPool2d::Options{.kernel_size = 2}),
                        nn::Conv2d({.in_channels = 4, .out_channels = 5, .kernel_size = 3, .stride = 2, .padding = 1}), nn::ReLU(), nn::Flatten(), nn::Linear(20, 7), nn::ReLU(), nn::Linear(7, 3)};
}

/// x^T A x / 2 + b x with A = diag(curvature), as a model of one logit.
struct QuadraticOptions {
  Tensor curvature{}, slope{};
  void visit(Visitor& v) { v.option("curvature", curvature), v.option("slope", slope); }
};
class Quadratic : public nn::Layer<Quadratic> {
 public:
  static constexpr std::string_view type = "Quadratic";
  using Options = QuadraticOptions;
  explicit Quadratic(Options o) : options(std::move(o)) {}
  Tensor forward(const Tensor& x) { return sum(square(x) * options.curvature * 0.5 + x * options.slope, {1}, true); }
  Options options;
};

Tensor labels_of(std::initializer_list<int64_t> l) { return indices(l); }

}  // namespace

TEST_CASE("saliency: SmoothGrad of linear and quadratic scores") {
  DefaultDtype wide(DType::float64);
  manual_seed(1);
  nn::Linear line(6, 3);
  Tensor rows = index_select(line.weight(), 0, labels_of({2, 0})), x = randn({2, 6});
  nn::SmoothGrad of_line({.model = line});
  CHECK(difference(of_line(x, labels_of({2, 0})), rows) < 1e-14);
  CHECK(difference(nn::SmoothGrad({.model = line, .magnitude = true})(x, labels_of({2, 0})), square(rows)) < 1e-14);
  // Without a target: the largest logit.
  Tensor top = argmax(line(x), 1);
  CHECK(difference(of_line(x), of_line(x, top)) == 0);

  // The mean of A (x + sigma e) + b: A x + b within sigma ||A|| / sqrt(n).
  Tensor a = tensor({1, 2, 0.5, 0, 3, 1}), b = tensor({1, 0, -1, 2, 0, 0});
  Quadratic q({.curvature = a, .slope = b});
  Tensor plain = a * x + b, zero = labels_of({0, 0});
  double sigma = 0.1 * (amax(x).item() - amin(x).item());
  CHECK(difference(nn::SmoothGrad({.model = q, .stdev_spread = 0.1, .nsamples = 400})(x, zero), plain) < 5 * sigma * 3 / 20);
  CHECK(difference(nn::SmoothGrad({.model = q, .nsamples = 1})(x, zero, zeros({1, 2, 6})), plain) < 1e-15);
  CHECK(difference(nn::SmoothGrad({.model = q, .stdev_spread = 0})(x, zero), plain) < 1e-14);
  CHECK(difference(nn::SmoothGrad({.model = q})(ones({2, 6}), zero), expand(a + b, {2, 6})) < 1e-14);  // a constant input: no noise
  Tensor noise = randn({100, 2, 6});
  nn::SmoothGrad many({.model = q, .nsamples = 100});
  CHECK(difference(many(x, zero, noise), many(x, zero, flip(noise, {0}))) < 1e-12);
}

TEST_CASE("saliency: maps leave the model as it was, samples do not mix, modes do not matter") {
  DefaultDtype wide(DType::float64);
  nn::Sequential net = rectifier_net();
  Tensor x = sample({2, 2, 8, 8}, 4);
  net(x);  // running statistics away from their start
  Tensor y = labels_of({2, 0});
  std::vector<nn::AnyModule> methods = {nn::SmoothGrad({.model = net, .stdev_spread = 0}),
                                        nn::FullGrad({.model = net}),
                                        nn::SimpleFullGrad({.model = net}),
                                        nn::NormGrad({.model = net, .target_layers = {"2", "5"}}),
                                        nn::NormGrad({.model = net, .layer = "scaling", .aggregate = "filter_norm", .target_layers = {"4"}}),
                                        nn::NormGrad({.model = net, .layer = "proper", .target_layers = {"4"}}),
                                        nn::GradCAM({.model = net, .target_layer = "5"}),
                                        nn::CFCAM({.model = net, .target_layer = "2"}),
                                        nn::MoreauGrad({.model = net, .sigma = 0, .max_iter = 5, .soft = 0.01}),
                                        nn::MetaSaliency({.saliency = nn::GradCAM({.model = net, .target_layer = "5"}), .lr = 0.1})};
  for (auto& m : methods) {
    CAPTURE(m->type_name());
    m->train();
    auto before = nn::module_to_json(*m).dump();
    Tensor both[] = {x, y}, alone[] = {narrow(x, 0, 1, 1), narrow(y, 0, 1, 1)};
    Tensor whole;
    {
      NoGrad off;  // a map can be asked for without a tape
      whole = m.call(both)[0];
    }
    CHECK(!whole.requires_grad());
    CHECK(difference(narrow(whole, 0, 1, 1), m.call(alone)[0]) < 1e-12);
    CHECK(nn::module_to_json(*m).dump() == before);
    for (auto& [path, part] : m->modules()) CHECK(part->training());
    for (auto& p : m->parameters()) CHECK(!p.tensor.grad().defined());
    m->eval();
    CHECK(difference(m.call(both)[0], whole) == 0);
  }
}

TEST_CASE("saliency: FullGrad is complete, and needs every term for it") {
  DefaultDtype wide(DType::float64);
  nn::Sequential net = rectifier_net();
  for (int k = 0; k < 20; k++) net(sample({4, 2, 8, 8}, 30 + uint64_t(k), DType::float64, 3, 2));
  scatter_parameters(net.at("1"));
  net.eval();
  Tensor x = sample({3, 2, 8, 8}, 5), y = labels_of({0, 2, 1});
  Tensor logits = gather(net(x), 1, unsqueeze(y, 1));
  nn::FullGrad full({.model = net});
  auto [map, slope, total] = full(x, y);
  CHECK(map.shape() == Shape{3, 1, 8, 8});
  CHECK(difference(total, squeeze(logits, {1}).detach()) < 1e-9 * amax(abs(logits)).item());
  // Narrow numbers too.
  auto narrow_net = full.clone();
  narrow_net->to(DType::float32);
  Tensor in[] = {to(x, DType::float32), y};
  CHECK(difference(narrow_net->call(in)[2], squeeze(logits, {1}).detach()) < 1e-4 * amax(abs(logits)).item());
  // Without batch normalization's term, or with beta in place of its effective bias, the sum is another.
  nn::FullGradients parts = full.decompose(x, y);
  std::vector<std::string> order;
  for (auto& b : parts.biases) order.push_back(b.layer);
  CHECK(order == std::vector<std::string>{"0", "1", "4", "7", "9"});
  nn::FullGradients without = parts;
  without.biases.erase(without.biases.begin() + 1);
  CHECK(difference(without.completeness_sum(x), squeeze(logits, {1}).detach()) > 0.01 * amax(abs(logits)).item());
  nn::FullGradients beta = parts;
  beta.biases[1].term = beta.biases[1].gradient * reshape(net.at("1").parameters()[1].tensor.detach(), {1, 4, 1, 1});
  CHECK(difference(beta.completeness_sum(x), squeeze(logits, {1}).detach()) > 0.01 * amax(abs(logits)).item());

  // The same function of a shifted input: other parts, still complete.
  nn::Sequential shifted{nn::Linear(4, 6), nn::ReLU(), nn::Linear(6, 2)};
  Tensor z = sample({2, 4}, 8), c = full_like(z, 3);
  ParameterList first = shifted.at("0").parameters();
  nn::FullGradients before = nn::full_gradients("test", shifted, z, labels_of({0, 1}));
  nn::functional_call(shifted, {{"0.bias", (first[1].tensor - 3 * sum(first[0].tensor, {1})).detach()}}, [&] {
    nn::FullGradients after = nn::full_gradients("test", shifted, z + c, labels_of({0, 1}));
    CHECK(difference(after.completeness_sum(z + c), before.completeness_sum(z)) < 1e-12);
    CHECK(difference(after.input_gradient * (z + c), before.input_gradient * z) > 0.1);
    return z;
  });
  // No biases: the map is psi(grad x) alone. A residual sum needs no term.
  nn::Sequential bare{nn::Conv2d({.in_channels = 1, .out_channels = 2, .kernel_size = 3, .padding = 1, .bias = false}), nn::ReLU(),
                      nn::Residual(nn::Conv2d({.in_channels = 2, .out_channels = 2, .kernel_size = 3, .padding = 1, .bias = false})), nn::Flatten(),
                      nn::Linear({.in_features = 32, .out_features = 2, .bias = false})};
  Tensor v = sample({1, 1, 4, 4}, 9);
  nn::FullGradOutput of_bare = nn::FullGrad({.model = bare})(v, labels_of({1}));
  Tensor part = abs(of_bare.input_gradient * v);
  part = part - amin(part);
  CHECK(difference(of_bare.saliency, part / (amax(part) + 1e-6)) < 1e-14);
  CHECK(of_bare.completeness_sum.item() == doctest::Approx(select(bare(v), 1, 1).item()));
  CHECK_THROWS_AS(nn::FullGrad({.model = nn::Sequential{nn::Conv2d(1, 2, 3), nn::Tanh(), nn::Flatten()}})(v), ConfigError);
}

TEST_CASE("saliency: NormGrad's shares add up to the identity layer's weight gradient") {
  DefaultDtype wide(DType::float64);
  manual_seed(2);
  Tensor a = randn({1, 3, 4, 5}), head = randn({1, 3, 4, 5});
  for (int64_t k : {1, 3}) {
    Tensor w = nn::init::dirac({3, 3, k, k}).set_requires_grad();
    Tensor score = sum(tanh(conv2d(a, w, {}, {.padding = {k / 2}})) * head);
    Tensor g = (1 - square(tanh(a))) * head, columns = k == 1 ? flatten(a, 2) : unfold(a, {3, 3}, {{1}, {1}, {1}});
    Tensor shares = select(matmul(columns, transpose(flatten(g, 2))), 0, 0);  // (K, C): summed over positions
    CHECK(difference(reshape(transpose(shares), w.shape()), grad(score, w)) < 1e-12);
  }
  Tensor g = randn(a.shape());
  CHECK(difference(nn::norm_grad(a, g), norm(a, 2, {1}, true) * norm(g, 2, {1}, true)) < 1e-14);
  CHECK(difference(nn::norm_grad(a, g, "conv1x1", "sum"), sum(a, {1}, true) * sum(g, {1}, true)) < 1e-14);
  CHECK(difference(nn::norm_grad(3 * a, g), 3 * nn::norm_grad(a, g)) < 1e-13);
  CHECK_THROWS_AS(nn::norm_grad(a, g, "conv5x5"), ConfigError);
  CHECK_THROWS_AS(nn::norm_grad(a, g, "bias", "mean"), ConfigError);

  nn::Sequential net = rectifier_net();
  Tensor x = sample({2, 2, 8, 8}, 4), y = labels_of({1, 1});
  nn::NormGrad plain({.model = net, .target_layers = {"2"}});
  CHECK(difference(nn::MetaSaliency({.saliency = plain, .lr = 0})(x, y)[0], plain(x, y)) == 0);
  Tensor there = nn::MetaSaliency({.saliency = plain, .lr = 0.1})(x, y)[0], back = nn::MetaSaliency({.saliency = plain, .lr = 0.1, .negate_loss = true})(x, y)[0];
  CHECK(difference(there, plain(x, y)) > 1e-4);
  CHECK(difference(there, back) > 1e-4);
  CHECK_THROWS_AS(nn::NormGrad({.model = net, .target_layers = {"nowhere"}}), ConfigError);
  CHECK_THROWS_AS(plain(x, labels_of({1, 3})), IndexError);
  CHECK_THROWS_AS(plain(x, labels_of({1})), ShapeError);
}

TEST_CASE("saliency: MoreauGrad of linear and quadratic scores") {
  DefaultDtype wide(DType::float64);
  Tensor a = tensor({1, 2, 0.5, 0, 3, 1}), b = tensor({1, 0, -1, 2, 0, 0.1}), x = sample({2, 6}, 3), y = labels_of({0, 0});
  auto map = [&](const Tensor& curvature, nn::MoreauGradOptions o, const Tensor& at) {
    o.model = Quadratic({.curvature = curvature, .slope = b});
    o.sigma = 0;
    o.max_iter = 400;
    return nn::MoreauGrad(std::move(o))(at, y).map;
  };
  for (double rho : {0.5, 1.0, 2.0}) {
    CHECK(difference(map(a, {.lamb = rho}, x), (a * x + b) / (1 + rho * a)) < 1e-6);
    CHECK(difference(map(zeros({6}), {.lamb = rho, .soft = 0.3}, x), expand(nn::soft_threshold(b, 0.3), {2, 6})) < 1e-6);
  }
  CHECK(difference(map(zeros({6}), {}, x), expand(b, {2, 6})) < 1e-12);
  CHECK(difference(map(a, {.lamb = 1e-4, .lr = 5e-5}, x), a * x + b) < 5e-3);
  Tensor other = sample({2, 6}, 4);
  CHECK(norm(map(a, {}, x) - map(a, {}, other)).item() <= norm(x - other).item());
  // Where it reaches zero it is zero.
  CHECK(count_nonzero(map(zeros({6}), {.soft = 0.3}, x)).item() == 6);

  Tensor image = sample({2, 1, 4, 4}, 5), deep = sample({1, 3, 4, 4}, 6);
  CHECK(difference(nn::group_soft_threshold(image, 0.4, 1), nn::soft_threshold(image, 0.4)) < 1e-14);
  Tensor block = narrow(narrow(deep, 2, 0, 2), 3, 0, 2);
  CHECK(difference(narrow(narrow(nn::group_soft_threshold(deep, 0.5, 2), 2, 0, 2), 3, 0, 2), block * (1 - 0.5 / norm(block).item())) < 1e-14);
  CHECK(count_nonzero(nn::group_soft_threshold(deep, 1e3, 2)).item() == 0);
  CHECK(!any_nan(nn::group_soft_threshold(zeros({1, 1, 2, 2}), 0.5, 2)));
  CHECK_THROWS_AS(nn::group_soft_threshold(image, 0.5, 3), ShapeError);
  CHECK_THROWS_AS(nn::MoreauGrad({.model = nn::Linear(2, 2), .lamb = 0}), ConfigError);
}

TEST_CASE("saliency: clusters and class activation maps") {
  DefaultDtype wide(DType::float64);
  Tensor line = reshape(tensor({0, 1, 2, 10, 11, 12, 30}), {7, 1});
  CHECK(nn::dbscan(line, 1, 2).to_vector<int64_t>() == std::vector<int64_t>{0, 0, 0, 1, 1, 1, -1});
  CHECK(nn::dbscan(line + 5, 1, 3).to_vector<int64_t>() == nn::dbscan(line, 1, 3).to_vector<int64_t>());
  CHECK(nn::dbscan(reshape(tensor({0, 1, 3, 5, 6}), {5, 1}), 2, 3).to_vector<int64_t>() == std::vector<int64_t>{0, 0, 0, 0, 0});
  CHECK(nn::dbscan(zeros({0, 2}), 1, 2).numel() == 0);

  Tensor a = relu(sample({1, 16, 5, 5}, 11)), g = 0.1 * sample({1, 16, 5, 5}, 12);
  for (auto filter : {"reference", "gaussian"}) {
    auto [cam, labels] = nn::cf_cam(a, g, {10, 8}, {.filter = filter});
    CHECK(amax(cam).item() == 1);
    CHECK(amin(cam).item() >= 0);
    // Dropped channels have no say.
    Tensor dropped = reshape(eq(labels, -1), {1, 16, 1, 1});
    CHECK(count_nonzero(dropped).item() > 0);
    CHECK(difference(nn::cf_cam(a, where(dropped, g * 100, g), {10, 8}, {.filter = filter}).cam, cam) == 0);
    CHECK(difference(nn::cf_cam(a, where(dropped, g, g * 100), {10, 8}, {.filter = filter}).cam, cam) > 1e-3);
  }
  CHECK(amax(nn::cf_cam(ones({1, 8, 4, 4}), ones({1, 8, 4, 4}), {8, 8}).cam).item() == 1);  // all channels equal
  CHECK(amax(nn::cf_cam(zeros({1, 8, 4, 4}), ones({1, 8, 4, 4}), {8, 8}).cam).item() == 0);
  CHECK(!any_nan(nn::cf_cam(ones({1, 1, 2, 2}), ones({1, 1, 2, 2}), {3, 3}).cam));
  CHECK_THROWS_AS(nn::cf_cam(a, g, {4, 4}, {.filter = "median"}), ConfigError);

  Tensor picture = nn::saliency_to_image(sample({2, 3, 8, 8}, 13));
  CHECK(picture.shape() == Shape{2, 1, 8, 8});
  CHECK(amax(picture).item() == 1);
  CHECK(amin(picture).item() >= 0);
  CHECK(amax(nn::saliency_to_image(zeros({1, 1, 2, 2}))).item() == 0);
}
