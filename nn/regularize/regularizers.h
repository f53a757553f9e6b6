// A list of regularizers bound to a model: the "regularizers" of a training config.
//
//   "regularizers": [{"type": "NormLoss", "lambda": 0.01, "params": "*.weight", "exclude": "head.*"},
//                    {"type": "FeatureFlowRegularizer", "k1": 3e-3, "layers": ["block*"]}]
//
// Beside its own options an entry chooses what it is called with: "params" and "exclude" are patterns (one or a list) over the paths of weights,
// "layers" over those of submodules. Without "params": every weight of at least two dimensions that is no embedding. A transposed
// convolution's weight (in, out, ...) is handed over as (out, in, ...), so that rows are outputs everywhere. Recurrence takes the RNN layers that "layers" names, all without it.
#pragma once

#include <memory>

#include "core/json.h"
#include "nn/any_module.h"
#include "nn/regularize/regularizer.h"

namespace tare::nn {

/// What of a model a regularizer is called with.
struct RegularizerTarget {
  std::vector<std::string> params{};   ///< patterns; empty: weights of at least two dimensions
  std::vector<std::string> exclude{};  ///< patterns that take weights away again
  std::vector<std::string> layers{};   ///< patterns of submodules whose outputs are features
};

class RegularizerList {
 public:
  explicit RegularizerList(Module& model) : model_(&model) {}
  /// From JSON; `path` names the place in messages. Throws ConfigError for a type that is no regularizer or a pattern that matches nothing.
  RegularizerList(Module& model, const Json& list, const std::string& path = "regularizers");

  /// `regularizer` must hold a module that is a Regularizer.
  void add(AnyModule regularizer, RegularizerTarget target = {});

  bool empty() const { return entries_.empty(); }
  /// Whether a term needs the model's input to require a gradient.
  bool wants_input_gradient() const;
  /// Collects features and recurrent layers' states while it lives: keep it around the model's call. Null when no term wants them.
  [[nodiscard]] std::unique_ptr<Module::ObserverScope> watch();
  /// The sum of all terms, of the model's present weights, the features watched since the last call, and its last input and output. `loss` is what terms that
  /// look at the error signal differentiate (Feed::recurrence); they throw StateError without one, and are left out where nothing is recorded.
  Tensor penalty(const Tensor& input, const Tensor& output, const Tensor& loss = {});

  /// State of the regularizers, for checkpoints.
  Json to_json();
  /// Restores it; throws ConfigError when the types differ.
  void load(const Json& json, const std::string& path);

 private:
  struct Entry {
    AnyModule module;
    Feed feed;
    RegularizerTarget target;
    Tensors features{};
    std::vector<std::pair<Module*, Tensors>> recurrent{};  ///< layers and their outputs
  };
  Tensors inputs_of(Entry& e);
  Tensors recurrences_of(Entry& e, const Tensor& loss);
  Module* model_;
  std::vector<Entry> entries_;
};

/// Effective weights of at least two dimensions that are no embeddings, or those whose path matches: what Feed::weights hands over.
Tensors weights_of(Module& model, const RegularizerTarget& target = {});

}  // namespace tare::nn
