// What `tare compare --vary key=A,B,C` means: for each choice, the config with the choice applied.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "core/tensor.h"

namespace tare::cli {

struct Vary {
  std::string key;            ///< norm, activation, reparam, optimizer, or a path in the config ("optimizer.lr")
  std::vector<Json> choices;  ///< type names, or values
  bool all = false;           ///< "key=all": every row of the catalogue; what does not fit the model is left out
};

/// Reads "norm=BatchNorm2d,{\"type\": \"GroupNorm\", \"num_groups\": 8}". Commas inside of brackets do not separate. Throws ConfigError.
Vary parse_vary(const std::string& argument);
/// The name a choice goes by in tables: its type, or its JSON.
std::string choice_name(const Json& choice);

/// `document` with the choice applied; `x` is a batch of inputs, from which a new layer's sizes are found:
///   norm               nn::replace_norms; "none" puts an Identity in their place
///   activation         every activation but softmaxes becomes one of this type, which must keep the shape
///   reparam            is put on the weight of every linear and convolutional layer ("none": on no one)
///   optimizer          with its own defaults, unless it is the config's own; a wrapper gets the config's optimizer as its base
///   anything else      is a path in the config
/// Throws ConfigError where the choice does not fit.
Json apply_choice(const Json& document, const std::string& key, const Json& choice, const Tensor& x);

}  // namespace tare::cli
