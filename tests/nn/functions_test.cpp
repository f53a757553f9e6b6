// The functions of nn in the table of functions: derivatives, names, descriptions.
#include "nn/functions.h"

#include <doctest/doctest.h>

#include <set>

#include "autograd/gradcheck.h"

using namespace tare;

TEST_CASE("nn functions: every differentiable one passes gradcheck, and every row says what it does") {
  std::set<std::string_view> names;
  for (const Function& f : nn::functions()) {
    CAPTURE(f.name);
    CHECK(names.insert(f.name).second);
    CHECK(f.description.ends_with("."));
    if (f.kind != Gradient::exact || !f.samples) continue;
    size_t number = 0;
    for (const FunctionSample& s : f.samples()) {
      std::string label = text(f.name, ", sample ", number++);
      try {
        gradcheck(label, [&](const Tensors& x) { return call_function(f, x, s.options); }, s.inputs);
      } catch (const Error& e) {
        FAIL_CHECK(label, ": ", std::string(e.what()));
      }
    }
  }
}
