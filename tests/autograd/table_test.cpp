// Every row of the table of functions: first and second derivatives against finite differences, in float64.
#include <doctest/doctest.h>

#include <set>

#include "autograd/functions.h"
#include "autograd/gradcheck.h"

using namespace tare;

namespace {
template <class Check>
void over_all_samples(Check check_one) {
  for (const Function& f : functions()) {
    if (f.kind != Gradient::exact || !f.samples) continue;
    size_t number = 0;
    for (const FunctionSample& s : f.samples()) {
      std::string label = text(f.name, ", sample ", number++);
      CAPTURE(label);
      try {
        check_one(label, [&](const Tensors& x) { return call_function(f, x, s.options); }, s.inputs);
      } catch (const Error& e) {
        FAIL_CHECK(label, ": ", std::string(e.what()));
      }
    }
  }
}
}  // namespace

TEST_CASE("every differentiable function of the table passes gradcheck") {
  over_all_samples([](const std::string& label, const TensorsFunction& f, const Tensors& x) { gradcheck(label, f, x); });
}

TEST_CASE("every differentiable function of the table passes gradgradcheck") {
  over_all_samples([](const std::string& label, const TensorsFunction& f, const Tensors& x) { gradgradcheck(label, f, x); });
}

TEST_CASE("names in the table are unique, every row says what it does, and a differentiable one has samples") {
  std::set<std::string_view> names;
  for (const Function& f : functions()) {
    CHECK_MESSAGE(names.insert(f.name).second, f.name);
    CHECK_MESSAGE(f.description.ends_with("."), f.name);
    CHECK_MESSAGE((f.kind != Gradient::exact || bool(f.samples)), f.name);
    if (f.kind == Gradient::exact && f.name != "threshold") CHECK_MESSAGE(bool(f.samples), f.name);
  }
  CHECK(names.size() > 200);
}

TEST_CASE("an unknown option and a missing input are errors that name the function") {
  for (const Function& f : functions()) {
    if (f.name != "softmax") continue;
    CHECK_THROWS_WITH_AS(call_function(f, {f.samples()[0].inputs[0]}, Json(Json::Object{{"dims", Json(1)}})), doctest::Contains("softmax.dims: unknown option; did you mean \"dim\"?"), ConfigError);
    CHECK_THROWS_WITH_AS(call_function(f, {}, Json()), doctest::Contains("softmax: it takes at least 1 input"), ConfigError);
  }
}
