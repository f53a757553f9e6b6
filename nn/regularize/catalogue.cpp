// The one visible table of regularizers: name, term, one sentence, paper.
#include "nn/regularize/catalogue.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "core/glob.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

template <class Term>
Tensor sum_of_terms(const Tensors& weights, Term term) {
  Tensor total;
  for (const Tensor& w : weights) {
    Tensor t = term(w);
    total = total.defined() ? total + t : t;
  }
  return total;
}

const RegularizerRow kRegularizers[] = {
    {"L1", [](const Tensors& w, const Json&, const std::string&) { return sum_of_terms(w, [](const Tensor& t) { return sum(abs(t)); }); },
     "Sum of absolute values.", ""},
    {"L2", [](const Tensors& w, const Json&, const std::string&) { return sum_of_terms(w, [](const Tensor& t) { return 0.5 * sum(square(t)); }); },
     "Half the sum of squares.", ""},
};

struct EffectiveWeights : Walk {
  std::string_view pattern;
  Tensors found;
  void on_slot(const std::string& path, Parameter& p, Role) override {
    if (glob_match(pattern, path)) found.push_back(p());
  }
};

const RegularizerRow& find_regularizer(const std::string& name, const std::string& path) {
  std::vector<std::string_view> names;
  for (const RegularizerRow& r : kRegularizers) {
    if (r.name == name) return r;
    names.push_back(r.name);
  }
  std::string near = nearest(name, names.data(), names.size());
  throw ConfigError(text(path, ".type: unknown regularizer \"", name, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

}  // namespace

std::span<const RegularizerRow> regularizer_catalogue() { return kRegularizers; }

Tensor regularization(Module& model, const Json& list, const std::string& path) {
  Tensor total;
  auto& terms = list.as_array(path);
  for (size_t i = 0; i < terms.size(); i++) {
    std::string at = text(path, ".", i);
    const RegularizerRow& row = find_regularizer(terms[i].at("type", at).as_string(at), at);
    const Json* pattern = terms[i].find("params");
    const Json* factor = terms[i].find("weight");
    EffectiveWeights v;
    std::string wanted = pattern ? pattern->as_string(at + ".params") : "*weight*";
    v.pattern = wanted;
    v.run(model);
    check<ConfigError>(!v.found.empty(), at, ": no weight matches \"", wanted, "\"");
    Tensor term = (factor ? factor->as_double(at + ".weight") : 1.0) * row.term(v.found, terms[i], at);
    total = total.defined() ? total + term : term;
  }
  return total.defined() ? total : Tensor();
}

}  // namespace tare::nn
