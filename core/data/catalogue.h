// The data sets there are, by name: what {"type": "FashionMNIST", ...} builds.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/data/dataset.h"
#include "core/json.h"

namespace tare::data {

struct DatasetRow {
  std::string_view type;
  Dataset (*create)(const Json& json, const std::string& path);                       ///< null for a wrapper
  Dataset (*wrap)(const Dataset& base, const Json& json, const std::string& path);    ///< null but for a wrapper, whose JSON has a "base"
  Json (*defaults)();                                                                 ///< the options with their default values
  std::string_view description;                                                       ///< one sentence
};

/// All rows, sorted by name.
std::span<const DatasetRow> catalogue();

/// Builds {"type": ..., options ...}; a wrapper ({"type": "LabelNoise", "base": {...}, ...}) around its base. Throws ConfigError naming the nearest type
/// or option, and what the data set itself throws.
Dataset build(const Json& json, const std::string& path = "data");

struct Splits {
  Dataset train, test;
};
/// Training and test part of a data set. One that has an option "split" is built for both (a "limit" holds for each; "test_limit", when given, for
/// the test part); any other is divided at random by the further keys "test_fraction" (0.2) and "split_seed" (0). A wrapper wraps the training
/// part alone. With "test_fraction" 0 every sample is in both parts: problems of optimization rather than of learning.
Splits build_splits(const Json& json, const std::string& path = "data");

}  // namespace tare::data
