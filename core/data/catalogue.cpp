// The one visible table of data sets: type, one sentence. Sorted by name.
#include "core/data/catalogue.h"

#include "core/data/corrupt.h"
#include "core/data/csv.h"
#include "core/data/images.h"
#include "core/data/synthetic.h"
#include "core/data/text.h"
#include "core/options.h"

namespace tare::data {
namespace {

template <class D>
Dataset create_dataset(const Json& json, const std::string& path) {
  typename D::Options options;
  options_from_json(options, json, path, {"type"});
  return D(options);
}
template <class D>
Dataset wrap_dataset(const Dataset& base, const Json& json, const std::string& path) {
  typename D::Options options;
  options_from_json(options, json, path, {"type", "base"});
  return D(base, options);
}
template <class D>
Json default_options() {
  return options_to_json(typename D::Options{});
}
template <class D>
constexpr DatasetRow row(std::string_view type, std::string_view description) {
  return {type, create_dataset<D>, nullptr, default_options<D>, description};
}
template <class D>
constexpr DatasetRow wrapper(std::string_view type, std::string_view description) {
  return {type, nullptr, wrap_dataset<D>, default_options<D>, description};
}

constexpr DatasetRow kDatasets[] = {
    row<CSV>("CSV", "A table of numbers from a CSV file, with a column of labels or of numbers to predict."),
    row<Digits>("Digits", "8 x 8 grey images of handwritten digits, from scikit-learn's file."),
    row<FashionMNIST>("FashionMNIST", "28 x 28 grey images of ten kinds of clothing, from the Debian package dataset-fashion-mnist."),
    row<Gaussians>("Gaussians", "One normal distribution a class."),
    row<IdxImages>("IdxImages", "Images and labels from two IDX files."),
    row<ImageFolder>("ImageFolder", "PNG, PGM and PPM images in one folder a class."),
    wrapper<Imbalance>("Imbalance", "Another data set with classes made rare."),
    wrapper<LabelNoise>("LabelNoise", "Another data set with a fraction of its labels made wrong."),
    row<LinearRegression>("LinearRegression", "A linear function of normal inputs, with noise."),
    row<MNIST>("MNIST", "28 x 28 grey images of handwritten digits, from IDX files."),
    wrapper<PerClass>("PerClass", "A few samples of each class of another data set."),
    row<Rings>("Rings", "Concentric circles in the plane."),
    row<Spirals>("Spirals", "Spiral arms in the plane."),
    row<TensorDataset>("TensorDataset", "Samples written out: tensors x and y."),
    row<TextDataset>("TextDataset", "A text as a stream of characters, each to be predicted from those before it."),
    row<TwoMoons>("TwoMoons", "Two interleaved half circles in the plane."),
};

const DatasetRow& find_dataset(const Json& json, const std::string& path) {
  check<ConfigError>(json.is_object(), path, ": expected an object with a \"type\" but found ", json.kind());
  const std::string& type = json.at("type", path).as_string(path + ".type");
  std::vector<std::string_view> names;
  std::string all;
  for (const DatasetRow& r : kDatasets) {
    if (r.type == type) return r;
    names.push_back(r.type);
    all += text(all.empty() ? "" : ", ", r.type);
  }
  std::string near = nearest(type, names.data(), names.size());
  throw ConfigError(text(path, ".type: unknown data set \"", type, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?"), " (there are ", all, ")"));
}

// Takes the key out of `json`.
Json taken(Json& json, std::string_view key) {
  Json* found = json.find(key);
  Json value = found ? std::move(*found) : Json();
  json.erase(key);
  return value;
}

}  // namespace

std::span<const DatasetRow> catalogue() { return kDatasets; }

Dataset build(const Json& json, const std::string& path) {
  const DatasetRow& row = find_dataset(json, path);
  return row.wrap ? row.wrap(build(json.at("base", path), path + ".base"), json, path) : row.create(json, path);
}

Splits build_splits(const Json& json, const std::string& path) {
  const DatasetRow& row = find_dataset(json, path);
  if (row.wrap) {
    Splits base = build_splits(json.at("base", path), path + ".base");
    return {row.wrap(base.train, json, path), base.test};
  }
  Json own = json;
  if (const Json* share = json.find("test_fraction"); share && share->is_number() && share->as_double() == 0) {
    own.erase("test_fraction");
    Dataset whole = row.create(own, path);
    return {whole, whole};
  }
  if (row.defaults().contains("split")) {
    check<ConfigError>(!own.contains("split"), path, ".split: both parts are used here; leave it out");
    Json test_limit = taken(own, "test_limit");
    Json test = own;
    if (!test_limit.is_null()) test.set("limit", test_limit);
    own.set("split", "train");
    test.set("split", "test");
    return {row.create(own, path), row.create(test, path)};
  }
  Json fraction_key = taken(own, "test_fraction"), seed_key = taken(own, "split_seed");
  double fraction = fraction_key.is_null() ? 0.2 : fraction_key.as_double(path + ".test_fraction");
  int64_t seed = seed_key.is_null() ? 0 : seed_key.as_int(path + ".split_seed");
  check<ConfigError>(fraction > 0 && fraction < 1, path, ".test_fraction: expected a number between 0 and 1 but found ", fraction);
  Dataset whole = row.create(own, path);
  std::vector<Dataset> parts = random_split(whole, {1 - fraction, fraction}, uint64_t(seed));
  check<ValueError>(parts[0].size() > 0 && parts[1].size() > 0, path, ": ", whole.size(), " samples are too few to divide by test_fraction ", fraction);
  return {parts[0], parts[1]};
}

}  // namespace tare::data
