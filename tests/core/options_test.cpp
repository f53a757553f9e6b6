#include "core/options.h"

#include <doctest/doctest.h>

using namespace tare;

namespace {

enum class Reduction { none, mean, sum };
constexpr std::string_view kReductions[] = {"none", "mean", "sum"};

struct Sample {
  bool affine = true;
  int groups = 2;
  int64_t count = 3;
  double eps = 1e-5;
  std::string mode = "same";
  Shape shape = {2, 3};
  Tensor weight;
  std::vector<double> betas = {0.9, 0.999};
  std::vector<std::string> names;
  std::optional<double> momentum = 0.1;
  std::optional<int64_t> limit;
  Reduction reduction = Reduction::mean;
  void visit(Visitor& v) {
    v.option("affine", affine);
    v.option("groups", groups);
    v.option("count", count);
    v.option("eps", eps);
    v.option("mode", mode);
    v.option("shape", shape);
    v.option("weight", weight);
    v.option("betas", betas);
    v.option("names", names);
    v.option("momentum", momentum);
    v.alternative("momentum", "decay");
    v.option("limit", limit);
    v.option("reduction", reduction, kReductions);
  }
};

// A part by name, as a module or an optimizer would be.
struct NamedPart : Box {
  std::string type;
  bool empty() const override { return type.empty(); }
  Json to_json() const override {
    Json j;
    j.set("type", type);
    return j;
  }
  void from_json(const Json& json, const std::string& path) override { type = json.at("type", path).as_string(path + ".type"); }
};
struct PartList : Visitor::BoxList {
  std::vector<NamedPart> parts;
  size_t size() const override { return parts.size(); }
  void resize(size_t n) override { parts.assign(n, {}); }
  Box& at(size_t i) override { return parts[i]; }
};
struct Nested {
  NamedPart norm;
  PartList layers;
  void visit(Visitor& v) {
    v.option("norm", norm);
    v.option("layers", layers);
  }
};

std::string refusal(std::string_view json) {
  Sample s;
  try {
    options_from_json(s, Json::parse(json), "model.norm", {"type"});
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("options: every kind of option reads back from its own JSON") {
  Sample s;
  s.groups = 7, s.eps = 0.25, s.shape = {5}, s.names = {"a", "b"}, s.momentum.reset(), s.limit = 9, s.reduction = Reduction::sum;
  s.weight = empty({2}, DType::float32);
  s.weight.mutable_data<float>()[0] = 1, s.weight.mutable_data<float>()[1] = 2;
  Json j = Json::parse(options_to_json(s).dump());
  Sample back;
  options_from_json(back, j, "");
  CHECK(options_to_json(back) == options_to_json(s));
  CHECK(back.groups == 7);
  CHECK(!back.momentum);
  CHECK(back.limit == 9);
  CHECK(back.reduction == Reduction::sum);
}

TEST_CASE("options: absent keys keep their defaults, ignored ones are skipped") {
  Sample s;
  options_from_json(s, Json::parse(R"({"type": "Sample", "eps": 1})"), "", {"type"});
  CHECK(s.eps == 1);
  CHECK(s.groups == 2);
}

TEST_CASE("options: what people write by hand is understood") {
  Sample s;
  options_from_json(s, Json::parse(R"({"shape": 4, "groups": 3.0, "eps": "inf", "betas": 0.5, "weight": [1, 2.5], "decay": 0.7})"), "");
  CHECK(s.shape == Shape{4});
  CHECK(s.groups == 3);
  CHECK(s.eps > 1e308);
  CHECK(s.betas == std::vector<double>{0.5});
  CHECK(s.weight.to_vector<double>() == std::vector<double>{1, 2.5});
  CHECK(s.weight.dtype() == DType::float32);
  CHECK(s.momentum == 0.7);
}

TEST_CASE("options: an unknown key names the nearest known one and its place") {
  CHECK(refusal(R"({"type": 1, "epss": 1})").find("model.norm.epss: unknown option; did you mean \"eps\"? (there are affine, groups, count, eps, ") == 0);
  CHECK(refusal(R"({"xyzzy": 1})").find("model.norm.xyzzy: unknown option; there are affine, groups") == 0);
}

TEST_CASE("options: a wrong type names the place, what was expected and what was found") {
  CHECK(refusal(R"({"affine": 1})") == "model.norm.affine: expected a boolean but found an integer (1)");
  CHECK(refusal(R"({"groups": 2.5})") == "model.norm.groups: expected an integer but found a number (2.5)");
  CHECK(refusal(R"({"groups": 3000000000})") == "groups: 3000000000 is out of range");
  CHECK(refusal(R"({"eps": null})") == "model.norm.eps: expected a number but found null");
  CHECK(refusal(R"({"shape": [1, "x"]})") == "model.norm.shape.1: expected an integer but found a string (\"x\")");
  CHECK(refusal(R"({"shape": [1, 1, 1, 1, 1, 1, 1, 1, 1]})") == "model.norm.shape: expected at most 8 integers but found 9");
  CHECK(refusal(R"({"reduction": "avg"})") == "model.norm.reduction: expected one of \"none\", \"mean\", \"sum\" but found \"avg\"");
  CHECK(refusal(R"({"momentum": 1, "decay": 1})") == "model.norm.momentum: \"momentum\" and \"decay\" are the same option; give one of them");
  CHECK(refusal("[1]") == "model.norm: expected an object but found a list");
}

TEST_CASE("options: parts and lists of parts are read in place, with their paths") {
  Nested n;
  options_from_json(n, Json::parse(R"({"norm": {"type": "LayerNorm"}, "layers": [{"type": "A"}, {"type": "B"}]})"), "net");
  CHECK(n.norm.type == "LayerNorm");
  CHECK(n.layers.parts[1].type == "B");
  CHECK(options_to_json(n).at("layers").size() == 2);
  CHECK_THROWS_WITH_AS(options_from_json(n, Json::parse(R"({"layers": [{"type": "A"}, {"type": 1}]})"), "net"),
                       "net.layers.1.type: expected a string but found an integer (1)", ConfigError);
}

TEST_CASE("options: one line for printing") {
  Nested n;
  n.norm.type = "LayerNorm";
  n.layers.resize(1);
  CHECK(options_to_string([](void* o, Visitor& v) { static_cast<Nested*>(o)->visit(v); }, &n) == "norm=LayerNorm(), layers=[null]");
  Sample s;
  std::string line = options_to_string([](void* o, Visitor& v) { static_cast<Sample*>(o)->visit(v); }, &s);
  CHECK(line.find("affine=true, groups=2, count=3, eps=1e-05, mode=\"same\", shape=[2, 3], weight=null, betas=[0.9, 0.999]") == 0);
}
