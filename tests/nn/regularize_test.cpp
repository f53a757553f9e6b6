// Regularizers against closed forms, and lists of them bound to a model.
#include <cmath>

#include <doctest/doctest.h>

#include "nn/functions.h"
#include "nn/regularize/error_modulation.h"
#include "nn/regularize/input_gradient.h"
#include "nn/regularize/manifold_smoothness.h"
#include "nn/regularize/regularizers.h"
#include "nn/save.h"
#include "tare.h"

using namespace tare;

namespace {

double term(const std::string& json, const Tensors& with) { return nn::AnyModule(nn::build_module(Json::parse(json))).call(with)[0].item<double>(); }
Tensor orthonormal_rows(int64_t rows, int64_t columns) { return slice(eye(columns, columns, DType::float64), 0, 0, rows); }

}  // namespace

TEST_CASE("regularizers: values in closed form") {
  DefaultDtype wide(DType::float64);
  Tensor w = tensor({{3, 4}, {0, 0}});
  CHECK(term(R"({"type": "L1", "lambda": 2})", {w}) == doctest::Approx(14));
  CHECK(term(R"({"type": "L2", "lambda": 2})", {w, w}) == doctest::Approx(50));
  CHECK(term(R"({"type": "ElasticNet", "l1": 1, "l2": 2})", {w}) == doctest::Approx(32));
  CHECK(term(R"({"type": "GroupLasso", "lambda": 1})", {w}) == doctest::Approx(5 * std::sqrt(2)));
  CHECK(term(R"({"type": "GroupLasso", "lambda": 1, "groups": "inputs"})", {w}) == doctest::Approx(7 * std::sqrt(2)));
  CHECK(term(R"({"type": "NormLoss", "lambda": 1})", {w}) == doctest::Approx(17));
  CHECK(term(R"({"type": "ActivityPenalty", "lambda": 1, "p": 2})", {w}) == doctest::Approx(25.0 / 4));
  CHECK(term(R"({"type": "TotalVariation", "lambda": 1})", {reshape(w, {1, 1, 2, 2})}) == doctest::Approx(1 + 0 + 3 + 4));
  CHECK(term(R"({"type": "ConfidencePenalty", "lambda": 1})", {zeros({2, 4})}) == doctest::Approx(-std::log(4.0)));
  CHECK(term(R"({"type": "SpectralNormPenalty", "lambda": 2, "method": "exact"})", {tensor({{3, 0}, {0, -5}})}) == doctest::Approx(25));
  CHECK(term(R"({"type": "SpectralRegularizer", "lambda": 1, "method": "exact"})", {tensor({{2, 0}, {0, 1}}), tensor({1, 1})}) == doctest::Approx(9 + 4));
  for (auto kind : {"SO", "DSO", "MC", "SRIP"}) {
    CAPTURE(kind);
    CHECK(term(text(R"({"type": "SoftOrthogonality", "lambda": 1, "kind": ")", kind, "\"}"), {2 * eye(3)}) ==
          doctest::Approx(kind == std::string("SO") ? 27 : kind == std::string("DSO") ? 54 : 3));
  }
}

TEST_CASE("regularizers: orthonormal filters cost nothing, groups are what their names say") {
  DefaultDtype wide(DType::float64);
  Tensor rows = orthonormal_rows(4, 8);
  for (auto json : {R"({"type": "OrthonormalityRegularizer"})", R"({"type": "SoftOrthogonality"})", R"({"type": "GroupOrthogonalization", "num_groups": 2, "min_num_filters": 1, "regularize_fc_layers": true})",
                    R"({"type": "GroupOrthogonalization", "num_groups": 2, "min_num_filters": 1, "reg_type": "inter", "regularize_fc_layers": true})",
                    R"({"type": "CauchySchwarzRegularizer", "kind": "orthogonal"})"})
    CHECK(std::abs(term(json, {rows})) < 1e-14);
  // One group, inter: the full soft orthogonality. Rows that repeat in another group are seen by intra alone.
  manual_seed(1);
  Tensor w = randn({4, 6});
  CHECK(term(R"({"type": "GroupOrthogonalization", "num_groups": 1, "reg_type": "inter", "lambda": 1, "regularize_fc_layers": true})", {w}) ==
        doctest::Approx(term(R"({"type": "SoftOrthogonality", "lambda": 1})", {w})));
  Tensor twins = cat({orthonormal_rows(4, 8), orthonormal_rows(4, 8)});
  CHECK(term(R"({"type": "GroupOrthogonalization", "num_groups": 2, "reg_type": "inter", "lambda": 1, "regularize_fc_layers": true})", {twins}) == doctest::Approx(0));
  CHECK(term(R"({"type": "GroupOrthogonalization", "num_groups": 2, "reg_type": "intra", "lambda": 1, "regularize_fc_layers": true})", {twins}) == doctest::Approx(8));
  CHECK_THROWS_AS(term(R"({"type": "GroupOrthogonalization", "num_groups": 3, "min_num_filters": 1, "regularize_fc_layers": true})", {twins}), ShapeError);
}

TEST_CASE("regularizers: Cauchy-Schwarz gaps are never negative and vanish on their sets") {
  DefaultDtype wide(DType::float64);
  manual_seed(2);
  auto call = [](const char* name, const Tensor& x) {
    for (const Function& f : nn::functions())
      if (f.name == name) return call_function(f, {x}, {})[0].item<double>();
    FAIL("no function ", name);
    return 0.0;
  };
  Tensor signs = sign(randn({8})), zero_one = (signs + 1) / 2, ternary = signs * bernoulli(full({8}, 0.5));
  for (auto [name, zero] : {std::pair{"cs_binary", 1.7 * signs}, {"cs_one_sided_binary", -0.3 * zero_one}, {"cs_ternary", 2.5 * ternary}, {"cs_binary_scale_invariant", 3 * signs}}) {
    CAPTURE(name);
    CHECK(std::abs(call(name, zero)) < 1e-9);
    for (int i = 0; i < 200; i++) CHECK(call(name, randn({7})) >= -1e-9);
  }
}

TEST_CASE("regularizers: power iteration reaches the exact singular value, and its vectors travel in JSON") {
  DefaultDtype wide(DType::float64);
  manual_seed(3);
  Tensor w = randn({5, 3, 2}).set_requires_grad(), b = randn({5}).set_requires_grad();
  nn::AnyModule power(nn::build_module(Json::parse(R"({"type": "SpectralRegularizer", "lambda": 1, "n_power_iterations": 2000})")));
  double approached = power.call(Tensors{w, b})[0].item<double>();
  CHECK(approached == doctest::Approx(term(R"({"type": "SpectralRegularizer", "lambda": 1, "method": "exact"})", {w, b})).epsilon(1e-9));
  nn::AnyModule again(nn::build_module(Json::parse(nn::module_to_json(*power).dump())));
  again->eval(), power->eval();
  CHECK(again.call(Tensors{w, b})[0].item<double>() == power.call(Tensors{w, b})[0].item<double>());
  CHECK_THROWS_AS(power.call(Tensors{w, b, w, b}), ValueError);
}

TEST_CASE("regularizers: the distribution at the start costs nothing in any order") {
  DefaultDtype wide(DType::float64);
  nn::AnyModule r(nn::build_module(Json::parse(R"({"type": "WassersteinInitRegularizer", "lambda": 1})")));
  Tensor w = tensor({{1, -2}, {3, 0}});
  CHECK(r.call(Tensors{w})[0].item<double>() == 0);
  CHECK(r.call(Tensors{flip(w, {0, 1})})[0].item<double>() == 0);
  CHECK(r.call(Tensors{w + 1})[0].item<double>() == doctest::Approx(4));
}

TEST_CASE("regularizers: input gradients of a linear map are its weights") {
  DefaultDtype wide(DType::float64);
  manual_seed(4);
  Tensor a = randn({3, 2}).set_requires_grad(), x = randn({5, 2}).set_requires_grad();
  Tensor y = linear(x, a);
  double squares = sum(square(a)).item<double>();
  CHECK(nn::JacobianPenalty{{.lambda = 2, .num_projections = 0}}(y, x).item<double>() == doctest::Approx(squares));
  double mean = 0;
  for (int i = 0; i < 400; i++) mean += nn::JacobianPenalty{{.lambda = 2, .num_projections = 1}}(y, x).item<double>() / 400;
  CHECK(mean == doctest::Approx(squares).epsilon(0.15));
  Tensor r1 = nn::R1Penalty{{.gamma = 2}}(y, x);
  CHECK(r1.item<double>() == doctest::Approx(sum(square(sum(a, {0}))).item<double>()));
  r1.backward();
  CHECK(allclose(a.grad(), expand(2 * sum(a, {0}, true), {3, 2})));
  auto critic = [&](const Tensor& z) { return matmul(z, tensor({3, 4})); };
  CHECK(nn::gradient_penalty(critic, x, x + 1, {.lambda = 1}).item<double>() == doctest::Approx(16));
  CHECK(nn::gradient_penalty(critic, x, x + 1, {.lambda = 1, .target = 6, .one_sided = true}).item<double>() == doctest::Approx(0));
  CHECK_THROWS_AS(nn::R1Penalty{}(y.detach(), x), GradError);
}

TEST_CASE("regularizers: manifold smoothness weighs steep points") {
  DefaultDtype wide(DType::float64);
  Tensor x = reshape(linspace(0, 1, 401), {401, 1});
  CHECK(max(nn::manifold_gradient_norm(ones({401, 2}), x, 1e-3)).item<double>() == 0);
  CHECK(nn::manifold_gradient_norm(3 * x, x, 4e-3).to_vector<double>()[200] == doctest::Approx(9).epsilon(0.02));
  Tensor p = nn::project_simplex(tensor({0.3, -2, 5, 1}), 4);
  CHECK(sum(p).item<double>() == doctest::Approx(4));
  CHECK(allclose(nn::project_simplex(p, 4), p));
  CHECK(allclose(nn::project_simplex(tensor({10.3, 8, 15, 11}), 4), p));
  nn::ManifoldSmoothness r{{.t = 1e-3, .weight = 1}};
  Tensor f = where(gt(x, 0.5), 20 * x, 0.0);
  double before = r(f, x).item<double>();
  for (int i = 0; i < 20; i++) r.update(f, x, 1.0);
  CHECK(r(f, x).item<double>() > 1.2 * before);
  CHECK(r.mu().item<double>() == doctest::Approx(1 + 20 * 0.5 * 0.99));
  CHECK_THROWS_AS(r(slice(f, 0, 0, 5), slice(x, 0, 0, 5)), ShapeError);
}

TEST_CASE("error modulation: the output stays, every error has the size of the last one") {
  DefaultDtype wide(DType::float64);
  manual_seed(5);
  auto make = [](bool modulated) {
    nn::Sequential net;
    for (int i = 0; i < 4; i++) {
      net.append(nn::Linear{6, 6});
      net.append(nn::Tanh{});
      if (modulated) net.append(nn::ErrorModulation{});
    }
    return net;
  };
  manual_seed(6);
  nn::Sequential plain = make(false);
  manual_seed(6);
  nn::Sequential net = make(true);
  Tensor x = randn({7, 6}), g = randn({7, 6});
  CHECK(equal(net(x), plain(x)));
  std::vector<double> sizes;
  auto watch = net.observe([&](const nn::Module::Event& e) {
    if (e.module.type_name() == "Tanh") register_hook(e.outputs[0], [&](const Tensor& q) { return sizes.push_back(norm(q).item<double>()), Tensor(); });
  });
  Tensor y = net(x);
  watch.reset();
  y.backward(100 * g);
  REQUIRE(sizes.size() == 4);
  for (double s : sizes) CHECK(s == doctest::Approx(100 * norm(g).item<double>()));
  plain(x).backward(100 * g);
  auto a = net.parameters(), b = plain.parameters();
  for (size_t i = 0; i < a.size(); i++) {
    Tensor p = a[i].tensor.grad(), q = b[i].tensor.grad();
    CHECK(allclose(p * norm(q), q * norm(p), 1e-9));
  }
}

TEST_CASE("regularizer lists bind by path, skip what is frozen, and refuse what fits nothing") {
  DefaultDtype wide(DType::float64);
  manual_seed(7);
  nn::Sequential net{nn::Linear{3, 4}, nn::BatchNorm1d{4}, nn::ReLU{}, nn::Linear{4, 2}};
  auto list = [&](const char* json) { return nn::RegularizerList(net, Json::parse(json)); };
  Tensor x = randn({5, 3});
  auto value = [&](nn::RegularizerList l, const Tensor& in) {
    auto watching = l.watch();
    Tensor y = net(in);
    watching.reset();
    return l.penalty(in, y).item<double>();
  };
  double first = sum(square(net.parameters()[0].tensor)).item<double>(), last = sum(square(net.parameters()[4].tensor)).item<double>();
  CHECK(value(list(R"([{"type": "L2", "lambda": 2}])"), x) == doctest::Approx(first + last));
  CHECK(value(list(R"([{"type": "L2", "lambda": 2, "exclude": "3.*"}])"), x) == doctest::Approx(first));
  CHECK(value(list(R"([{"type": "L2", "lambda": 2, "params": ["3.weight"]}, {"type": "L2", "lambda": 4, "params": "0.weight"}])"), x) == doctest::Approx(2 * first + last));
  CHECK(value(list(R"([{"type": "ActivityPenalty", "lambda": 1, "layers": "2"}])"), x) > 0);
  CHECK(value(list(R"([{"type": "JacobianPenalty", "lambda": 1}])"), x.detach().set_requires_grad()) > 0);
  double spectral = value(list(R"([{"type": "SpectralRegularizer", "lambda": 1, "method": "exact"}])"), x);
  double without_bias = value(list(R"([{"type": "SpectralRegularizer", "lambda": 1, "method": "exact", "exclude": "3.*"}])"), x);
  CHECK(spectral > without_bias);
  nn::freeze(net, "0.weight");
  CHECK(value(list(R"([{"type": "L2", "lambda": 2}])"), x) == doctest::Approx(last));
  for (auto bad : {R"([{"type": "Linear", "in_features": 2, "out_features": 2}])", R"([{"type": "L2", "params": "conv*"}])", R"([{"type": "ActivityPenalty"}])",
                   R"([{"type": "ActivityPenalty", "layers": "x"}])", R"([{"type": "L2", "lambda": -1}])", R"([{"type": "L3"}])"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(list(bad), ConfigError);
  }
  // State is saved and restored.
  nn::unfreeze(net, "0.weight");
  nn::RegularizerList one = list(R"([{"type": "SpectralNormPenalty"}])"), two = list(R"([{"type": "SpectralNormPenalty"}])");
  one.penalty({}, {}), one.penalty({}, {});
  two.load(Json::parse(one.to_json().dump()), "regularizers");
  CHECK(one.penalty({}, {}).item<double>() == two.penalty({}, {}).item<double>());
}

TEST_CASE("regularizers: a transposed convolution's outputs are rows") {
  DefaultDtype wide(DType::float64);
  manual_seed(8);
  nn::ConvTranspose2d conv{{.in_channels = 4, .out_channels = 6, .kernel_size = {2}, .groups = 2}};
  Tensor rows = nn::weights_of(conv)[0];
  REQUIRE(rows.shape() == Shape{6, 2, 2, 2});
  Tensor w = conv.weight();  // (4, 3, 2, 2): output 4 is the second of group 1, fed by inputs 2 and 3
  CHECK(equal(select(rows, 0, 4), select(slice(w, 0, 2, 4), 1, 1)));
}
