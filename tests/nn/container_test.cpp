// Containers, positions and measures of classifiers.
#include <cmath>

#include <doctest/doctest.h>

#include "nn/metric/classification.h"
#include "tare.h"

using namespace tare;

TEST_CASE("containers: lists and dicts hold, name, copy and print their modules, and are not called") {
  nn::ModuleList list{nn::Linear{2, 3}, nn::ReLU{}};
  CHECK(list.parameters()[0].name == "0.weight");
  CHECK(list[0](ones({1, 2})).shape() == Shape{1, 3});
  CHECK_THROWS_AS(list(ones({1, 2})), StateError);
  CHECK_THROWS_AS(list[2], IndexError);
  nn::ModuleDict dict;
  dict.set("first", nn::Linear{2, 3});
  dict.set("second", nn::ReLU{});
  CHECK(dict.parameters()[0].name == "first.weight");
  CHECK_THROWS_WITH_AS(dict["frist"], "ModuleDict: there is no \"frist\"; did you mean \"first\"?", ConfigError);
  CHECK_THROWS_AS(dict.set("a.b", nn::ReLU{}), ConfigError);
  CHECK(dict.size() == 2);
  nn::AnyModule again(nn::build_module(Json::parse(nn::module_to_json(dict).dump())));
  CHECK(equal(again->parameters()[0].tensor, dict.parameters()[0].tensor));
}

TEST_CASE("containers: branches side by side, functions as layers") {
  DefaultDtype wide(DType::float64);
  manual_seed(1);
  Tensor x = randn({2, 3});
  auto joined = [&](const char* join) {
    return nn::AnyModule(nn::build_module(Json::parse(text(R"({"type": "Parallel", "branches": [{"type": "Identity"}, {"type": "ReLU"}], "join": ")", join, "\"}"))))(x);
  };
  CHECK(equal(joined("cat"), cat({x, relu(x)}, 1)));
  CHECK(equal(joined("stack"), stack({x, relu(x)}, 1)));
  CHECK(equal(joined("sum"), x + relu(x)));
  CHECK(equal(joined("mean"), (x + relu(x)) / 2.0));
  CHECK(equal(joined("product"), x * relu(x)));
  CHECK_THROWS_AS(nn::build_module(Json::parse(R"({"type": "Parallel"})")), ConfigError);
  nn::AnyModule mean_of(nn::build_module(Json::parse(R"({"type": "Lambda", "function": "mean", "options": {"dim": 1}})")));
  CHECK(equal(mean_of(x), mean(x, {1})));
  CHECK(equal(nn::AnyModule(nn::build_module(nn::describe_module(*mean_of)))(x), mean(x, {1})));
  CHECK(equal(nn::Lambda("matmul")(Tensors{x, transpose(x, 0, 1)})[0], matmul(x, transpose(x, 0, 1))));
  CHECK_THROWS_WITH_AS(nn::Lambda("meen"), "Lambda: there is no function \"meen\"; did you mean \"mean\"?", ConfigError);
  CHECK_THROWS_AS(nn::Lambda("mean", Json::parse(R"({"dims": 1})"))(x), ConfigError);
}

TEST_CASE("positions: sinusoids in closed form, rotations that leave lengths and know distances only") {
  DefaultDtype wide(DType::float64);
  manual_seed(2);
  std::vector<double> p = nn::sinusoidal_positions(4, 6, 10000, DType::float64).to_vector<double>();
  CHECK(p[3 * 6 + 2] == doctest::Approx(std::sin(3 / std::pow(10000.0, 2.0 / 6))));
  CHECK(p[3 * 6 + 5] == doctest::Approx(std::cos(3 / std::pow(10000.0, 4.0 / 6))));
  for (bool interleaved : {true, false}) {
    nn::RotaryEmbedding rotary{{.dim = 6, .interleaved = interleaved}};
    Tensor q = expand(randn({1, 6}), {5, 6}), k = expand(randn({1, 6}), {5, 6});
    Tensors turned = rotary(q, k);
    CHECK(allclose(norm(turned[0], 2, {1}), norm(q, 2, {1})));
    Tensor scores = matmul(turned[0], transpose(turned[1], 0, 1));
    auto s = scores.to_vector<double>();
    CHECK(s[0 * 5 + 2] == doctest::Approx(s[2 * 5 + 4]));
    CHECK(s[1 * 5 + 0] == doctest::Approx(s[4 * 5 + 3]));
    // The third element alone, at offset 2, is turned the same.
    CHECK(allclose(nn::rotary_embedding(slice(q, 0, 2, 3), rotary.options, 2), slice(turned[0], 0, 2, 3)));
  }
  CHECK(equal(slice(nn::rotary_embedding(ones({3, 8}), {.dim = 4}), 1, 4), ones({3, 4})));
  CHECK_THROWS_AS(nn::RotaryEmbedding{3}, ConfigError);
  nn::LearnedPositionalEmbedding learned{4, 3};
  CHECK(equal(learned(zeros({2, 3, 3})), expand(slice(learned.weight(), 0, 0, 3), {2, 3, 3})));
  CHECK_THROWS_AS(learned(zeros({2, 5, 3})), ShapeError);
}

TEST_CASE("metrics: closed forms") {
  using namespace nn::metric;
  Tensor scores = tensor({{0.1, 0.7, 0.2}, {0.5, 0.3, 0.2}, {0.2, 0.2, 0.6}, {0.4, 0.5, 0.1}}), labels = indices({1, 1, 2, 0});
  CHECK(accuracy(scores, labels) == 0.5);
  CHECK(accuracy(scores, labels, 2) == 1.0);
  CHECK_THROWS_AS(accuracy(scores, labels, 4), ValueError);
  CHECK_THROWS_AS(accuracy(scores, indices({0, 1, 2, 3})), IndexError);
  Tensor m = confusion_matrix(scores, labels, 3);
  CHECK(m.to_vector<int64_t>() == std::vector<int64_t>{0, 1, 0, 1, 1, 0, 0, 0, 1});
  CHECK(f1_score(m) == doctest::Approx((0 + 0.5 + 1) / 3));
  CHECK(f1_score(m, Average::micro) == doctest::Approx(0.5));
  CHECK(f1_score(m, Average::weighted) == doctest::Approx((0 + 2 * 0.5 + 1) / 4));
  CHECK(roc_auc(tensor({0.1, 0.4, 0.35, 0.8}), indices({0, 0, 1, 1})) == doctest::Approx(0.75));
  CHECK(roc_auc(tensor({1, 1, 1}), indices({0, 1, 0})) == doctest::Approx(0.5));
  CHECK_THROWS_AS(roc_auc(tensor({1, 2}), indices({1, 1})), ValueError);
  // Top probabilities 0.7 right, 0.5 wrong, 0.6 right, 0.5 wrong, each alone in its bin of a tenth but the two of 0.5.
  CHECK(expected_calibration_error(scores, labels, 10) == doctest::Approx((0.3 + 0.4 + 1.0) / 4));
  CHECK(perplexity(zeros({2, 3, 7}), reshape(indices({0, 1, 2, 3, 4, 5}), {2, 3})) == doctest::Approx(7));
}
