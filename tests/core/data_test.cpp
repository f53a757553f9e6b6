#include "core/data/data.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include "core/context.h"
#include "core/data/catalogue.h"
#include "core/data/draw.h"
#include "core/data/idx.h"
#include "core/json.h"
#include "core/options.h"
#include "tests/core/files.h"

using namespace tare;
using data::Batch;
using data::DataLoader;

namespace {

Tensor counting(const Shape& shape, DType dtype) {
  Tensor t = empty(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    for (int64_t i = 0; i < t.numel(); i++) t.mutable_data<T>()[i] = T(i);
  });
  return t;
}

// n samples: x[i] = i, y[i] = 10 i
data::TensorDataset numbered(int64_t n) {
  Tensor y = counting({n}, DType::int64);
  for (int64_t i = 0; i < n; i++) y.mutable_data<int64_t>()[i] *= 10;
  return data::TensorDataset(counting({n, 1}, DType::float32), y);
}

std::vector<int64_t> visited(DataLoader& loader) {
  std::vector<int64_t> out;
  for (auto [x, y] : loader)
    for (double v : x.to_vector<double>()) out.push_back(int64_t(v));
  return out;
}

void put_gzip(const std::string& path, const std::string& bytes) {
  gzFile f = gzopen(path.c_str(), "wb");
  gzwrite(f, bytes.data(), unsigned(bytes.size()));
  gzclose(f);
}

// A small MNIST in `folder`: n images of 28 x 28, image i filled with i; labels i % 10.
void put_mnist(const files::TemporaryFolder& folder, int64_t n, bool gzip, const char* prefix = "train") {
  Tensor images = empty({n, 28, 28}, DType::uint8), labels = empty({n}, DType::uint8);
  for (int64_t i = 0; i < n; i++) {
    std::fill_n(images.mutable_data<uint8_t>() + i * 784, 784, uint8_t(i));
    labels.mutable_data<uint8_t>()[i] = uint8_t(i % 10);
  }
  std::string a = folder / text(prefix, "-images-idx3-ubyte"), b = folder / text(prefix, "-labels-idx1-ubyte");
  data::write_idx(a, images);
  data::write_idx(b, labels);
  if (!gzip) return;
  for (const std::string& path : {a, b}) {
    put_gzip(path + ".gz", files::content(path));
    std::filesystem::remove(path);
  }
}

struct FaultySource : data::Source {
  int64_t size() const override { return 100; }
  Batch get(std::span<const int64_t> indices) const override {
    for (int64_t i : indices) check<FileError>(i != 57, "sample 57 is damaged");
    return {empty({int64_t(indices.size())}, DType::float32), {}};
  }
};

bool says(const std::string& message, std::string_view part) {
  CAPTURE(message);
  CHECK(message.find(part) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("tensor data set: batches, single samples, subsets") {
  auto d = numbered(5);
  Batch b = d.get({3, 0, 3});
  CHECK(b.x.to_vector<double>() == std::vector<double>{3, 0, 3});
  CHECK(b.y.to_vector<int64_t>() == std::vector<int64_t>{30, 0, 30});
  CHECK(d[4].x.shape() == Shape{1});
  CHECK(d[4].y.item<int64_t>() == 40);
  CHECK(data::subset(d, {4, 1}).targets().to_vector<int64_t>() == std::vector<int64_t>{40, 10});
  CHECK(data::first(d, 2).size() == 2);
  CHECK(data::first(d, 20).size() == 5);
  CHECK_THROWS_WITH_AS(d.get({5}), "Dataset: the index 5 is outside of a data set of 5 samples", IndexError);
  CHECK_THROWS_AS(data::subset(d, {0, -1}), IndexError);
  CHECK_THROWS_WITH_AS(data::TensorDataset(counting({3, 2}, DType::float32), counting({2}, DType::int64)),
                       "TensorDataset: expected as many targets as inputs but x is [3, 2] and y is [2]", ShapeError);
}

TEST_CASE("random_split: parts are disjoint, complete, of the sizes asked for, and the seed's alone") {
  auto d = numbered(103);
  for (auto sizes : {std::vector<double>{0.8, 0.2}, std::vector<double>{83, 20}}) {
    auto parts = data::random_split(d, sizes, 5);
    std::set<double> seen;
    for (const auto& p : parts)
      for (double v : p.all().x.to_vector<double>()) seen.insert(v);
    CHECK(seen.size() == 103);
    CHECK(parts[0].size() + parts[1].size() == 103);
    CHECK(std::abs(double(parts[0].size()) - 82.5) < 1);
  }
  auto order = [&](uint64_t seed) { return data::random_split(d, {0.5, 0.5}, seed)[0].all().x.to_vector<double>(); };
  CHECK(order(1) == order(1));
  CHECK(order(1) != order(2));
  CHECK_THROWS_WITH_AS(data::random_split(d, {50, 50}), "random_split: the parts add up to 100 but the data set has 103 samples (shares add up to 1)", ValueError);
}

TEST_CASE("loader: every sample once an epoch, in order or shuffled, in batches of the size asked for") {
  auto d = numbered(10);
  std::vector<int64_t> in_order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  DataLoader plain(d, {.batch_size = 4});
  CHECK(visited(plain) == in_order);
  CHECK(plain.size() == 3);
  std::vector<int64_t> sizes;
  for (auto [x, y] : DataLoader(d, {.batch_size = 4})) sizes.push_back(x.size(0));
  CHECK(sizes == std::vector<int64_t>{4, 4, 2});
  DataLoader dropping(d, {.batch_size = 4, .drop_last = true});
  CHECK(visited(dropping).size() == 8);

  DataLoader shuffled(d, {.batch_size = 3, .shuffle = true, .seed = 1});
  std::vector<int64_t> first = visited(shuffled), second = visited(shuffled);
  CHECK(first != in_order);
  CHECK(first != second);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  CHECK(first == in_order);
  CHECK(second == in_order);
}

TEST_CASE("loader: prefetching and the number of workers change nothing, transforms included") {
  Tensor x = counting({30, 1, 6, 6}, DType::float32);
  data::TensorDataset d(x, counting({30}, DType::int64));
  auto run = [&](int64_t prefetch, int64_t workers) {
    std::vector<double> out;
    DataLoader loader(d, {.batch_size = 4,
                          .shuffle = true,
                          .seed = 3,
                          .prefetch = prefetch,
                          .workers = workers,
                          .transforms = {data::RandomCrop({.padding = 2}), data::HorizontalFlip(), data::GaussianNoise({.std = 0.5})}});
    for (int epoch = 0; epoch < 3; epoch++)
      for (auto [images, labels] : loader)
        for (double v : images.to_vector<double>()) out.push_back(v);
    return out;
  };
  std::vector<double> want = run(0, 0);
  CHECK(run(2, 1) == want);
  CHECK(run(5, 3) == want);
  CHECK(run(1, 4) == want);
  CHECK(std::vector<double>(want.begin(), want.begin() + 1080) != std::vector<double>(want.begin() + 1080, want.begin() + 2160));
}

TEST_CASE("loader: without a seed the default generator decides, and is left alone when nothing is random") {
  auto d = numbered(50);
  auto order = [&] {
    DataLoader loader(d, {.batch_size = 7, .shuffle = true});
    return visited(loader);
  };
  Generator mine(4);
  UseGenerator scope(mine);
  auto first = order(), second = order();
  CHECK(first != second);
  mine = Generator(4);
  CHECK(order() == first);
  Generator before = mine;
  DataLoader plain(d, {.batch_size = 7});
  visited(plain);
  CHECK(mine == before);
}

TEST_CASE("loader: an exception of a worker reaches the loop at its batch, and the loader lives on") {
  data::Dataset d(std::make_shared<FaultySource>());
  for (int64_t workers : {0, 1, 3}) {
    DataLoader loader(d, {.batch_size = 10, .prefetch = 4, .workers = workers});
    int batches = 0;
    CHECK_THROWS_WITH_AS(
        [&] {
          for (auto [x, y] : loader) batches++;
        }(),
        "sample 57 is damaged", FileError);
    CHECK(batches == 5);
    for (auto [x, y] : loader) {
      CHECK(x.size(0) == 10);
      break;
    }
  }
}

TEST_CASE("loader: leaving early joins the threads; the next loop is a new epoch") {
  auto d = numbered(1000);
  DataLoader loader(d, {.batch_size = 1, .shuffle = true, .seed = 0, .prefetch = 8, .workers = 2});
  for (int i = 0; i < 50; i++)
    for (auto [x, y] : loader) break;
  CHECK(loader.state().epoch == 49);
  CHECK(visited(loader).size() == 1000);
  CHECK(loader.state() == data::LoaderState{0, 51, 0});
}

TEST_CASE("loader: a saved state goes on with the batch that would have come next") {
  auto d = numbered(20);
  data::DataLoaderOptions options{.batch_size = 3, .shuffle = true, .seed = 9};
  DataLoader whole(d, options);
  std::vector<int64_t> want = visited(whole);
  for (int64_t v : visited(whole)) want.push_back(v);
  for (int stop : {1, 3, 6, 7}) {  // 7: after the last batch of the epoch
    std::vector<int64_t> got;
    data::LoaderState state;
    {
      DataLoader loader(d, options);
      int n = 0;
      for (auto [x, y] : loader) {
        for (double v : x.to_vector<double>()) got.push_back(int64_t(v));
        if (++n == stop) {
          state = loader.state();
          break;
        }
      }
    }
    options.seed = 1234;  // the state's seed counts
    DataLoader resumed(d, options);
    resumed.set_state(state);
    for (int64_t v : visited(resumed)) got.push_back(v);
    for (int64_t v : visited(resumed)) got.push_back(v);
    CHECK(got == want);
    options.seed = 9;
  }
}

TEST_CASE("loader: options that make no sense are refused") {
  auto d = numbered(3);
  CHECK_THROWS_WITH_AS(DataLoader(d, {.batch_size = 0}), "DataLoader: batch_size must be positive, not 0", ValueError);
  CHECK_THROWS_WITH_AS(DataLoader(data::Dataset()), "DataLoader: the data set is empty", ValueError);
  CHECK_THROWS_AS(DataLoader(d, {.batch_size = 4, .drop_last = true}), ValueError);
  CHECK_THROWS_AS(DataLoader(d, {.shuffle = true, .sampler = data::WeightedSampler({1, 1, 1})}), ConfigError);
}

TEST_CASE("samplers: weights decide how often, balance makes classes equal") {
  auto d = numbered(3);
  DataLoader loader(d, {.batch_size = 100, .seed = 1, .sampler = data::WeightedSampler({1, 0, 3}, 8000)});
  std::vector<int64_t> seen = visited(loader);
  CHECK(seen.size() == 8000);
  CHECK(std::count(seen.begin(), seen.end(), 1) == 0);
  CHECK(std::abs(double(std::count(seen.begin(), seen.end(), 2)) - 6000) < 4 * std::sqrt(8000 * 0.75 * 0.25));

  Tensor labels = zeros_raw({100}, DType::int64);
  for (int i = 0; i < 5; i++) labels.mutable_data<int64_t>()[i] = 1;
  data::TensorDataset rare(counting({100, 1}, DType::float32), labels);
  DataLoader balanced(rare, {.batch_size = 100, .seed = 2, .sampler = data::BalancedSampler(rare, 8000)});
  seen = visited(balanced);
  CHECK(std::abs(double(std::count_if(seen.begin(), seen.end(), [](int64_t i) { return i < 5; })) - 4000) < 4 * std::sqrt(8000 * 0.25));
  CHECK_THROWS_AS(data::WeightedSampler({0, 0}), ValueError);
  CHECK_THROWS_AS(data::WeightedSampler({1, -1}), ValueError);
}

TEST_CASE("transforms: crop and flip move pixels without changing them") {
  Tensor x = counting({2, 1, 2, 3}, DType::float32);
  std::vector<Generator> random(2);
  Batch b{counting({2, 1, 2, 3}, DType::float32), {}};
  data::HorizontalFlip({.p = 1}).apply(b, random);
  CHECK(b.x.to_vector<double>() == std::vector<double>{2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9});
  data::HorizontalFlip({.p = 0}).apply(b, random);
  CHECK(b.x.to_vector<double>()[0] == 2);

  std::set<std::vector<double>> windows;
  for (uint64_t seed = 0; seed < 200; seed++) {
    Batch c{counting({1, 1, 2, 2}, DType::float32), {}};
    for (int i = 0; i < 4; i++) c.x.mutable_data<float>()[i] += 1;
    std::vector<Generator> g{Generator(seed)};
    data::RandomCrop({.padding = 1, .fill = 9}).apply(c, g);
    windows.insert(c.x.to_vector<double>());
  }
  CHECK(windows.size() == 9);  // three rows times three columns
  CHECK(windows.count({1, 2, 3, 4}) == 1);
  CHECK(windows.count({9, 9, 9, 1}) == 1);
  CHECK(windows.count({9, 1, 9, 3}) == 1);
  CHECK(windows.count({4, 9, 9, 9}) == 1);
  Batch small{counting({1, 1, 2, 2}, DType::float32), {}};
  CHECK_THROWS_WITH_AS(data::RandomCrop({.padding = 1, .size = 5}).apply(small, random), "RandomCrop: a window of 5 x 5 does not fit into images of 2 x 2 padded by 1",
                       ShapeError);
  Batch flat{counting({2, 4}, DType::float32), {}};
  CHECK_THROWS_WITH_AS(data::RandomCrop().apply(flat, random), "RandomCrop: expected images [batch, channels, height, width] but x is [2, 4]", ShapeError);
}

TEST_CASE("transforms: normalize is per channel") {
  Batch b{counting({1, 2, 1, 2}, DType::float32), {}};
  data::Normalize({.mean = {1, 2}, .std = {1, 0.5}}).apply(b, {});
  CHECK(b.x.to_vector<double>() == std::vector<double>{-1, 0, 0, 2});
  CHECK_THROWS_AS(data::Normalize({.mean = {1, 2, 3}}).apply(b, {}), ShapeError);
  CHECK_THROWS_AS(data::Normalize({.std = {0}}), ValueError);
}

TEST_CASE("transforms: mixing keeps each target's weights equal to the pixels' origin") {
  // Image i is filled with i and has the class i: then the mean of the targets' class numbers is the mean pixel.
  for (const data::Transform& t : {data::Transform(data::MixUp({.alpha = 1, .num_classes = 8})), data::Transform(data::CutMix({.num_classes = 8}))}) {
    Batch b{empty({8, 1, 6, 6}, DType::float32), counting({8}, DType::int64)};
    for (int64_t i = 0; i < 8 * 36; i++) b.x.mutable_data<float>()[i] = float(i / 36);
    std::vector<Generator> random;
    for (uint64_t i = 0; i < 8; i++) random.push_back(derive(1, 0, i));
    t.apply(b, random);
    CHECK(b.y.shape() == Shape{8, 8});
    std::vector<double> x = b.x.to_vector<double>(), y = b.y.to_vector<double>();
    int mixed = 0;
    for (size_t i = 0; i < 8; i++) {
      double pixel = 0, weight = 0, number = 0;
      for (size_t k = 0; k < 36; k++) pixel += x[i * 36 + k] / 36;
      for (size_t c = 0; c < 8; c++) weight += y[i * 8 + c], number += y[i * 8 + c] * double(c);
      CHECK(weight == doctest::Approx(1));
      CHECK(number == doctest::Approx(pixel).epsilon(1e-5));
      mixed += std::abs(number - double(i)) > 1e-6;
    }
    CHECK(mixed > 0);
  }
}

TEST_CASE("transforms: every row of the table is built from its own JSON") {
  for (const data::TransformRow& row : data::transform_catalogue()) {
    Json json;
    json.set("type", row.type);
    data::Transform t = row.create(json, "t"), again;
    again.from_json(t.to_json(), "t");
    CHECK(again.to_json() == t.to_json());
    CHECK(t.to_json().at("type").as_string() == row.type);
    CHECK_THROWS_AS(again.from_json(Json::parse(text(R"({"type": ")", row.type, R"(", "xyzzy": 1})")), "t"), ConfigError);
  }
  data::DataLoaderOptions o;
  options_from_json(o, Json::parse(R"({"batch_size": 8, "transforms": [{"type": "RandomCrop", "padding": 2}]})"), "loader");
  CHECK(o.transforms.items.size() == 1);
  CHECK_THROWS_WITH_AS(options_from_json(o, Json::parse(R"({"transforms": [{"type": "RandomCorp"}]})"), "loader"),
                       "loader.transforms.0.type: unknown transform \"RandomCorp\"; did you mean \"RandomCrop\"?", ConfigError);
}

TEST_CASE("draws have the moments of their distributions") {
  Generator g(5);
  constexpr int n = 40000;
  double sum = 0, squares = 0, gammas = 0, betas = 0;
  for (int i = 0; i < n; i++) {
    double z = data::normal(g);
    sum += z, squares += z * z;
    gammas += data::gamma(g, 0.3), betas += data::beta(g, 2, 6);
  }
  CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1) < 4 * std::sqrt(2.0 / n));
  CHECK(std::abs(gammas / n - 0.3) < 4 * std::sqrt(0.3 / n));
  CHECK(std::abs(betas / n - 0.25) < 4 * std::sqrt(2 * 6 / (64.0 * 9) / n));
}

TEST_CASE("idx: plain and compressed files of several types read back") {
  files::TemporaryFolder folder;
  for (DType t : {DType::uint8, DType::float32, DType::float64}) {
    data::write_idx(folder / "x", counting({2, 3, 4}, t));
    CHECK(Json(data::read_idx(folder / "x")) == Json(counting({2, 3, 4}, t)));
  }
  put_gzip(folder / "x.gz", files::content(folder / "x"));
  CHECK(Json(data::read_idx(folder / "x.gz")) == Json(counting({2, 3, 4}, DType::float64)));
  files::put(folder / "x", std::string("\0\0\x0b\1\0\0\0\2\xff\xfe\1\0", 12));
  CHECK(data::read_idx(folder / "x").to_vector<int64_t>() == std::vector<int64_t>{-2, 256});
}

TEST_CASE("idx: what is wrong with a file is said") {
  files::TemporaryFolder folder;
  auto refused = [&](const std::string& bytes) {
    files::put(folder / "x", bytes);
    return files::refusal([&] { data::read_idx(folder / "x"); });
  };
  says(refused("PNG?"), "not an IDX file: it begins with the bytes 80 78 71 63");
  says(refused(""), "is it cut off?");
  says(refused(std::string("\0\0\x08\1\0\0\0\5abc", 11)), "a tensor of shape [5] needs 5 bytes but only 3 are there");
  says(refused(std::string("\0\0\x08\1\0\0\0\2abc", 11)), "bytes follow the 2 elements");
  says(refused(std::string("\0\0\x08\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16)), "too large to address");
  put_mnist(folder, 30, true);
  std::string bytes = files::content(folder / "train-images-idx3-ubyte.gz");
  says(refused(bytes.substr(0, bytes.size() / 2)), "cut off");
  bytes[bytes.size() - 6] ^= 1;
  says(refused(bytes), "damaged");
}

TEST_CASE("idx: damaged files are refused or read, never more") {
  files::TemporaryFolder folder;
  data::write_idx(folder / "plain", counting({3, 4, 5}, DType::uint8));
  put_gzip(folder / "packed", files::content(folder / "plain"));
  for (const char* name : {"plain", "packed"}) {
    std::string bytes = files::content(folder / name);
    auto read = [](const std::string& path) { data::read_idx(path); };
    files::refuse_prefixes(bytes, folder / "bad", read);
    CHECK(files::survive(bytes, folder / "bad", 1500, 8, read) > 500);
  }
}

TEST_CASE("FashionMNIST: files of a folder, plain or compressed, become scaled images and labels") {
  files::TemporaryFolder folder;
  for (bool gzip : {false, true}) {
    put_mnist(folder, 30, gzip);
    data::FashionMNIST d({.root = folder.path()});
    CHECK(d.size() == 30);
    Batch b = d.get({2, 25});
    CHECK(b.x.shape() == Shape{2, 1, 28, 28});
    CHECK(b.x.dtype() == DType::float32);
    CHECK(b.x.to_vector<double>()[784] == double(25.0f / 255));
    CHECK(b.y.to_vector<int64_t>() == std::vector<int64_t>{2, 5});
    CHECK(d.class_names()[9] == "ankle boot");
    CHECK(data::FashionMNIST({.root = folder.path(), .limit = 7}).size() == 7);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) std::filesystem::remove(entry.path());
  }
}

TEST_CASE("FashionMNIST: missing files, labels out of range and files that do not belong together are told") {
  files::TemporaryFolder folder;
  auto load = [&](data::MnistOptions o) {
    o.root = folder.path();
    return files::refusal([&] { data::FashionMNIST{o}; });
  };
  says(load({}), text("cannot find train-images-idx3-ubyte or train-images-idx3-ubyte.gz in ", folder.path()));
  says(load({}), "install the Debian package dataset-fashion-mnist");
  says(load({.split = "validation"}), "split must be \"train\" or \"test\", not \"validation\"");
  put_mnist(folder, 12, false);
  says(load({.limit = 0}), "limit must be positive");
  std::string path = folder / "train-labels-idx1-ubyte", labels = files::content(path);
  labels[8 + 11] = 10;
  files::put(path, labels);
  says(load({}), text(path, ": label 10 of sample 11 (byte 19) is outside of [0, 10)"));
  files::put(path, std::string("\0\0\x08\1\0\0\0\1\0", 9));
  says(load({}), "has 1 labels but");
  put_mnist(folder, 0, false);
  says(load({}), "has no images");
}

TEST_CASE("data catalogue: every row has a sentence and refuses unknown keys; types are looked up by name") {
  std::string before;
  for (const data::DatasetRow& row : data::catalogue()) {
    CHECK(before < row.type);
    before = row.type;
    CHECK(row.description.size() > 10);
    CHECK(row.defaults().is_object());
    CHECK(bool(row.create) != bool(row.wrap));
    Json odd = Json::parse(R"({"xyzzy": 1})");
    CHECK_THROWS_AS(row.wrap ? row.wrap(numbered(3), odd, "data") : row.create(odd, "data"), ConfigError);
  }
  says(files::refusal([] { data::build(Json::parse(R"({"type": "FashonMNIST"})")); }), "data.type: unknown data set \"FashonMNIST\"; did you mean \"FashionMNIST\"?");
  files::TemporaryFolder folder;
  put_mnist(folder, 20, false);
  put_mnist(folder, 10, false, "t10k");
  Json config;
  config.set("type", "FashionMNIST");
  config.set("root", folder.path());
  config.set("limit", 8);
  auto [train, test] = data::build_splits(config);
  CHECK(train.size() == 8);
  CHECK(test.size() == 8);
  config.set("test_limit", 3);
  CHECK(data::build_splits(config).test.size() == 3);
  config.set("epss", 3);
  says(files::refusal([&] { data::build_splits(config); }), "data.epss: unknown option");
  auto written = data::build_splits(Json::parse(R"({"type": "TensorDataset", "x": [1, 2, 3], "y": {"shape": [3], "dtype": "int64", "data": [0, 1, 0]}, "test_fraction": 0})"));
  CHECK(written.train.size() == 3);  // with test_fraction 0 every sample is in both parts
  CHECK(written.test[1].y.item<int64_t>() == 1);
  says(files::refusal([] { data::build(Json::parse(R"({"type": "TensorDataset"})")); }), "TensorDataset: x needs a first axis");
}
