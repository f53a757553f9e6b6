// Regularizers: terms added to a training loss.
//
// A regularizer is a module like any other: its options, its state and its JSON are a module's, its call gives the term, scaled by its
// lambda. What it is called with differs, and `feed` says it, so that a list of regularizers (regularizers.h) can bind any of them to a model:
//
//   NormLoss pull{{.lambda = 0.01}};
//   Tensor loss = cross_entropy(model(x), y) + pull(weights_of(model));
#pragma once

#include "nn/layer.h"

namespace tare::nn {

/// What a regularizer is called with.
enum class Feed {
  weights,             ///< the effective weights, one tensor each
  weights_and_biases,  ///< weight, bias, weight, bias, ...; an undefined tensor where a layer has no bias
  features,            ///< outputs of chosen submodules, in the order they were computed
  output,              ///< the model's output
  pass,                ///< the model's output and its input, which requires a gradient
  recurrence,          ///< for each chosen RNN its weight_hh_l0 (H, H), its states (T, N, H), and the gradient of the loss by its outputs (T, N, H)
};

class Regularizer {
 public:
  virtual ~Regularizer() = default;
  virtual Feed feed() const = 0;
};

/// What Layer is for other modules. Self has options, and forward() for what kFeed promises.
template <class Self, Feed kFeed>
class Regularize : public Layer<Self>, public Regularizer {
 public:
  Feed feed() const override { return kFeed; }
};

/// The sum of the terms; throws ValueError, naming `who`, when there is none.
Tensor add_up(const Tensors& terms, std::string_view who);

/// A weight (out, ...) as a matrix with one row for each output unit or channel. Throws ShapeError below two dimensions.
Tensor as_rows(const Tensor& weight, std::string_view who);

/// Throws ConfigError for a factor that is negative or not finite.
void check_factor(std::string_view who, std::string_view option, double value);

}  // namespace tare::nn
