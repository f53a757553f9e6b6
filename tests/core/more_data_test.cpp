#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/data/catalogue.h"
#include "core/data/data.h"
#include "core/data/image_file.h"
#include "core/json.h"
#include "tests/core/files.h"

using namespace tare;
using data::Batch;

namespace {

std::string csv_refusal(const std::string& content, data::CsvOptions o = {}) {
  files::TemporaryFolder folder;
  o.path = folder / "table.csv";
  files::put(o.path, content);
  std::string message = files::refusal([&] { data::CSV{o}; });
  size_t at = message.find(o.path);
  return at == message.npos ? message : message.replace(at, o.path.size(), "FILE");
}

data::CSV csv_of(const std::string& content, data::CsvOptions o = {}) {
  files::TemporaryFolder folder;
  o.path = folder / "table.csv";
  files::put(o.path, content);
  return data::CSV(o);
}

using Numbers = std::vector<double>;
using Labels = std::vector<int64_t>;

Tensor byte_ramp(const Shape& shape) {
  Tensor t = empty(shape, DType::uint8);
  for (int64_t i = 0; i < t.numel(); i++) t.mutable_data<uint8_t>()[i] = uint8_t(i * 7);
  return t;
}

}  // namespace

TEST_CASE("csv: with and without a header, labels, numbers or no targets") {
  data::CSV d = csv_of("1,2.5,0\n-3,4e1,1\n");
  Batch b = d.all();
  CHECK(b.x.to_vector<double>() == Numbers{1, 2.5, -3, 40});
  CHECK(b.y.to_vector<int64_t>() == Labels{0, 1});
  d = csv_of("a, kind ,b\r\n1,dog,2\r\n3, cat,4\r\n\r\n5,dog,6", {.target = "kind"});
  b = d.all();
  CHECK(b.x.to_vector<double>() == Numbers{1, 2, 3, 4, 5, 6});
  CHECK(b.y.to_vector<int64_t>() == Labels{1, 0, 1});
  CHECK(d.class_names() == std::vector<std::string>{"cat", "dog"});
  b = csv_of("0.5\t1\n1.5\t2\n", {.delimiter = "tab", .target = "0", .targets = data::CsvTarget::values}).all();
  CHECK(b.y.to_vector<double>() == Numbers{0.5, 1.5});
  CHECK(b.y.dtype() == DType::float32);
  b = csv_of("1,2\n3,4\n", {.targets = data::CsvTarget::none}).all();
  CHECK(b.x.shape() == Shape{2, 2});
  CHECK(!b.y.defined());
  CHECK(csv_of("x,y\n1,1\n2,0\n3,1\n", {.limit = 2}).size() == 2);
  // numbers that turn out to be names
  d = csv_of("5,1\n6,0\n7,b\n8,0\n");
  CHECK(d.targets().to_vector<int64_t>() == Labels{1, 0, 2, 0});
  CHECK(d.class_names() == std::vector<std::string>{"0", "1", "b"});
}

TEST_CASE("csv: quoted fields may hold delimiters, quotes and line ends") {
  data::CSV d = csv_of("\xef\xbb\xbf\"x\",\"the \"\"label\"\"\"\n1,\"a,b\"\n2,\"c\nd\"\n", {.target = "the \"label\""});
  CHECK(d.class_names() == std::vector<std::string>{"a,b", "c\nd"});
}

TEST_CASE("csv: what is wrong with a file is said, with line and column") {
  CHECK(csv_refusal("1,2,0\n1,2\n") == "FILE: line 2: expected 3 columns as in the first line but found 2");
  CHECK(csv_refusal("a,b,y\n1,2,0\n1,x,0\n") == "FILE: line 3, column \"b\": expected a number but found \"x\"");
  CHECK(csv_refusal("1,2,0\n1,,0\n") == "FILE: line 2, column 1: expected a number but found \"\"");
  CHECK(csv_refusal("1,nan,0\n", {.header = false}) == "FILE: line 1, column 1: expected a number but found \"nan\"");
  CHECK(csv_refusal("1,\"2,0\n") == "FILE: line 1: a quoted field does not end");
  CHECK(csv_refusal("1,\"2\"3,0\n") == "FILE: line 1: text follows a quoted field");
  CHECK(csv_refusal("") == "FILE: is empty");
  CHECK(csv_refusal("a,b\n") == "FILE: has no rows");
  CHECK(csv_refusal("1\n2\n") == "FILE: has no columns besides the target");
  CHECK(csv_refusal("alpha,beta\n1,2\n", {.target = "alhpa"}) == "CSV: FILE has no column \"alhpa\"; did you mean \"alpha\"? (it has 2 columns)");
  CHECK_THROWS_AS(data::CSV({.path = "/nowhere.csv"}), FileError);
}

TEST_CASE("csv: damaged files are refused or read, never more") {
  files::TemporaryFolder folder;
  auto read = [](const std::string& path) { data::CSV({.path = path}); };
  CHECK(files::survive("a,b,y\n1,2,\"x,y\"\n3,-4e2,z\n5,6.25,z\n", folder / "t.csv", 1500, 4, read) > 200);
}

TEST_CASE("digits: pixels are scaled; other tables are refused") {
  files::TemporaryFolder folder;
  std::string line;
  for (int i = 0; i < 64; i++) line += text(i % 17, ",");
  gzFile f = gzopen((folder / "digits.csv.gz").c_str(), "wb");
  for (std::string row : {line + "3\n", line + "9\n"}) gzwrite(f, row.data(), unsigned(row.size()));
  gzclose(f);
  data::Digits d({.path = folder / "digits.csv.gz"});
  CHECK(d[1].x.shape() == Shape{1, 8, 8});
  CHECK(d[1].x.to_vector<double>()[16] == 1);
  CHECK(d.targets().to_vector<int64_t>() == Labels{3, 9});
  files::put(folder / "x.csv", "1,2,3\n");
  CHECK_THROWS_AS(data::Digits({.path = folder / "x.csv"}), FileError);
  files::put(folder / "x.csv", line + "10\n");
  CHECK_THROWS_WITH_AS(data::Digits({.path = folder / "x.csv"}), text(folder / "x.csv", ": the label 10 is no digit").c_str(), FileError);
}

TEST_CASE("text: samples are windows and the same one character later; splits share the vocabulary") {
  data::TextDataset d({.text = "hello w\xc3\xb6rld", .context = 4});
  CHECK(d.size() == 7);
  CHECK(d.vocabulary().size() == 9);
  CHECK(d.vocabulary().decode(d[0].x) == "hell");
  CHECK(d.vocabulary().decode(d[0].y) == "ello");
  CHECK(d.vocabulary().decode(d[6].y) == "\xc3\xb6rld");
  CHECK(d.class_names().back() == "\xc3\xb6");
  CHECK(d.vocabulary().encode("\xc3\xb6").item<int64_t>() == 8);
  CHECK_THROWS_AS(d.vocabulary().encode("x"), ValueError);
  auto [train, test] = data::build_splits(Json::parse(R"({"type": "TextDataset", "text": "0123456789", "context": 2, "stride": 2, "test_fraction": 0.4})"));
  CHECK(train.size() == 2);
  CHECK(test.size() == 1);
  CHECK(test[0].x.to_vector<int64_t>() == Labels{6, 7});
  CHECK_THROWS_WITH_AS(data::TextDataset({.text = "abc", .context = 3}), "TextDataset: a sample needs 4 characters but the part \"all\" has 3", ValueError);
  CHECK_THROWS_WITH_AS(data::TextDataset({.text = "ab\xff", .context = 1}), "TextDataset: byte 2 of the text does not begin a UTF-8 character", FileError);
  CHECK_THROWS_AS(data::TextDataset({}), ConfigError);
}

TEST_CASE("images: PNG grey and colour read back, Netpbm text and bytes are understood") {
  files::TemporaryFolder folder;
  for (const Shape& shape : {Shape{5, 7}, Shape{1, 5, 7}, Shape{3, 4, 6}}) {
    Tensor image = byte_ramp(shape);
    data::write_png(folder / "x.png", image);
    Tensor back = data::read_image(folder / "x.png");
    CHECK(back.shape() == (shape.size() == 2 ? Shape{1, 5, 7} : shape));
    CHECK(back.to_vector<int64_t>() == image.to_vector<int64_t>());
  }
  files::put(folder / "x.pgm", "P2 # a comment\n3 1\n# another\n15\n0 15 3\n");
  CHECK(data::read_image(folder / "x.pgm").to_vector<int64_t>() == Labels{0, 255, 51});
  files::put(folder / "x.ppm", std::string("P6\n2 1\n255\n\1\2\3\4\5\6", 17));
  CHECK(data::read_image(folder / "x.ppm").to_vector<int64_t>() == Labels{1, 4, 2, 5, 3, 6});
  CHECK_THROWS_AS(data::write_png(folder / "x.png", byte_ramp({2, 4, 4})), ShapeError);
}

TEST_CASE("images: what is wrong with a file is said") {
  files::TemporaryFolder folder;
  auto refused = [&](const std::string& bytes) {
    files::put(folder / "x", bytes);
    return files::refusal([&] { data::read_image(folder / "x"); }).substr((folder / "x").size());
  };
  CHECK(refused("GIF89a") == ": is neither a PNG nor a PGM or PPM image");
  CHECK(refused("P5 9999999 9999999 255\nabc") == ": an image of 9999999 x 9999999 needs 99999980000001 values but only 3 bytes follow; is the file cut off?");
  CHECK(refused("P5 2 2 70000\nabcd").find("with values up to 70000 cannot be read") != std::string::npos);
  CHECK(refused("P2 1 1 3\n4") == ": the value 4 exceeds the largest, 3");
  CHECK(refused("P5 x") == ": expected the width at byte 3");
}

TEST_CASE("images: damaged files are refused or read, never more") {
  files::TemporaryFolder folder;
  auto read = [](const std::string& path) { data::read_image(path); };
  data::write_png(folder / "good", byte_ramp({3, 6, 5}));
  CHECK(files::survive(files::content(folder / "good"), folder / "bad", 1500, 6, read) > 500);
  CHECK(files::survive("P2\n# c\n3 2\n15\n0 1 2 3 4 5\n", folder / "bad", 1500, 7, read) > 500);
  CHECK(files::survive("P6\n2 2\n255\nabcdefghijkl", folder / "bad", 1500, 8, read) > 500);
}

TEST_CASE("image folder: classes are folders in alphabetical order") {
  files::TemporaryFolder folder;
  for (const char* name : {"dog", "cat", "owl"}) {
    std::filesystem::create_directory(folder / name);
    for (int i = 0; i < 2; i++) data::write_png(folder / text(name, "/", i, ".PNG"), byte_ramp({3, 4, 4}));
    files::put(folder / text(name, "/notes.txt"), "not an image");
  }
  data::ImageFolder d({.root = folder.path()});
  CHECK(d.class_names() == std::vector<std::string>{"cat", "dog", "owl"});
  CHECK(d.targets().to_vector<int64_t>() == Labels{0, 0, 1, 1, 2, 2});
  CHECK(d[0].x.shape() == Shape{3, 4, 4});
  CHECK(d[0].x.to_vector<double>()[1] == double(7.0f / 255));
  CHECK(data::ImageFolder({.root = folder.path(), .grey = true, .limit = 1}).all().x.shape() == Shape{3, 1, 4, 4});
  data::write_png(folder / "owl/9.png", byte_ramp({3, 4, 5}));
  CHECK(files::refusal([&] { data::ImageFolder({.root = folder.path()}); }).find("owl/9.png: has the shape [3, 4, 5] but") != std::string::npos);
  CHECK_THROWS_AS(data::ImageFolder({.root = folder / "cat"}), FileError);
  CHECK_THROWS_AS(data::ImageFolder({.root = folder / "none"}), FileError);
}

TEST_CASE("synthetic sets lie where their definition puts them, and depend on the seed alone") {
  Batch moons = data::TwoMoons({.samples = 500, .noise = 0}).all();
  Batch arms = data::Spirals({.samples = 300, .classes = 3, .turns = 1, .noise = 0}).all();
  Batch circles = data::Rings({.samples = 300, .classes = 3, .noise = 0}).all();
  for (int64_t i = 0; i < 500; i++) {
    double a = moons.x.to_vector<double>()[size_t(2 * i)], b = moons.x.to_vector<double>()[size_t(2 * i + 1)];
    int64_t label = i % 2;
    double distance = label == 0 ? std::hypot(a, b) : std::hypot(a - 1, b - 0.5);
    REQUIRE(distance == doctest::Approx(1).epsilon(1e-5));
    REQUIRE((label == 0 ? b >= 0 : b <= 0.5));
  }
  std::vector<double> arm = arms.x.to_vector<double>(), circle = circles.x.to_vector<double>();
  for (size_t i = 0; i < 300; i++) {
    double radius = std::hypot(arm[2 * i], arm[2 * i + 1]), angle = std::atan2(arm[2 * i + 1], arm[2 * i]);
    double turn = (angle / (2 * M_PI)) - radius - double(i % 3) / 3;
    REQUIRE(std::abs(turn - std::round(turn)) < 1e-4);
    REQUIRE(std::hypot(circle[2 * i], circle[2 * i + 1]) == doctest::Approx(double(i % 3 + 1) / 3).epsilon(1e-5));
  }
  for (int64_t seed : {0, 1}) {
    auto same = [&](int64_t other) { return Json(data::Gaussians({.seed = seed}).all().x) == Json(data::Gaussians({.seed = other}).all().x); };
    CHECK(same(seed));
    CHECK(!same(seed + 1));
  }
  CHECK_THROWS_AS(data::TwoMoons({.samples = 0}), ValueError);
  CHECK_THROWS_AS(data::Gaussians({.samples = 1000000, .dim = 1000000}), ValueError);
}

TEST_CASE("synthetic gaussians: each class has the mean and deviation that its samples share") {
  Batch b = data::Gaussians({.samples = 20000, .classes = 2, .dim = 1, .separation = 5, .std = 0.5}).all();
  std::vector<double> x = b.x.to_vector<double>();
  for (size_t c : {0, 1}) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < x.size(); i += 2) sum += x[i];
    double mean = sum / 10000;
    for (size_t i = c; i < x.size(); i += 2) squares += (x[i] - mean) * (x[i] - mean);
    CHECK(std::sqrt(squares / 10000) == doctest::Approx(0.5).epsilon(0.03));
  }
}

TEST_CASE("synthetic regression: without noise y is the weights' product with x") {
  data::LinearRegression d({.samples = 50, .dim = 4, .noise = 0});
  Batch b = d.all();
  std::vector<double> x = b.x.to_vector<double>(), y = b.y.to_vector<double>(), w = d.weights().to_vector<double>();
  for (size_t i = 0; i < 50; i++) {
    double sum = 0;
    for (size_t k = 0; k < 4; k++) sum += x[4 * i + k] * w[k];
    CHECK(y[i] == doctest::Approx(sum).epsilon(1e-5));
  }
  Generator g(3);
  data::SineTask task = data::SineTask::draw(g);
  Batch s = task.sample(10, g);
  CHECK(s.y.to_vector<double>()[9] == doctest::Approx(task.amplitude * std::sin(s.x.to_vector<double>()[9] - task.phase)).epsilon(1e-5));
}

TEST_CASE("graphs: the karate club has Zachary's degrees; rings and blocks are what they say") {
  data::Graph club = data::karate_club();
  CHECK(club.edges.shape() == Shape{2, 156});
  std::vector<int64_t> edges = club.edges.to_vector<int64_t>(), degree(34);
  std::set<std::pair<int64_t, int64_t>> pairs;
  for (size_t e = 0; e < 156; e++) degree[size_t(edges[e])]++, pairs.emplace(edges[e], edges[156 + e]);
  CHECK(pairs.size() == 156);
  CHECK(degree == Labels{16, 9, 10, 6, 3, 4, 4, 4, 5, 2, 3, 1, 2, 5, 2, 2, 2, 2, 2, 3, 2, 2, 2, 5, 3, 3, 2, 4, 3, 4, 4, 6, 12, 17});
  std::vector<int64_t> sides = club.labels.to_vector<int64_t>();
  CHECK(std::count(sides.begin(), sides.end(), 0) == 17);

  data::Graph ring = data::ring_graph(6, 2);
  std::vector<double> a = data::adjacency(ring).to_vector<double>();
  for (size_t i = 0; i < 6; i++)
    for (size_t j = 0; j < 6; j++) CHECK(a[6 * i + j] == ((i + 1) % 6 == j || (i + 2) % 6 == j || (j + 1) % 6 == i || (j + 2) % 6 == i ? 1 : 0));
  std::vector<double> n = data::normalized_adjacency(ring).to_vector<double>();
  for (size_t i = 0; i < 6; i++) {
    double sum = 0;
    for (size_t j = 0; j < 6; j++) sum += n[6 * i + j];
    CHECK(sum == doctest::Approx(1));
  }
  CHECK_THROWS_AS(data::ring_graph(4, 2), ValueError);
  CHECK_THROWS_AS(data::undirected_graph(3, {{0, 3}}), IndexError);

  data::Graph blocks = data::stochastic_block_model({.sizes = {3, 4}, .p_in = 1, .p_out = 0});
  CHECK(blocks.edges.size(1) == 2 * (3 + 6));
  double inside = double(data::stochastic_block_model({.sizes = {200, 200}, .p_in = 0.1, .p_out = 0.1}).edges.size(1)) / 2, mean = 0.1 * 400 * 399 / 2;
  CHECK(std::abs(inside - mean) < 4 * std::sqrt(mean * 0.9));
}

TEST_CASE("wrong labels: the fraction asked for, by the rule asked for, with the inputs untouched") {
  Batch all = data::Gaussians({.samples = 5000, .classes = 5}).all();
  data::TensorDataset clean(all.x, all.y);
  std::vector<int64_t> want = all.y.to_vector<int64_t>();
  for (auto kind : {data::NoiseKind::symmetric, data::NoiseKind::pair}) {
    data::LabelNoise noisy(clean, {.fraction = 0.3, .kind = kind, .num_classes = 5});
    std::vector<int64_t> got = noisy.targets().to_vector<int64_t>();
    int wrong = 0, next = 0;
    for (size_t i = 0; i < 5000; i++) wrong += got[i] != want[i], next += got[i] == (want[i] + 1) % 5;
    CHECK(std::abs(wrong - 1500) < 4 * std::sqrt(5000 * 0.3 * 0.7));
    CHECK((kind == data::NoiseKind::pair ? next == wrong : next < wrong / 2));
    CHECK(noisy.get({7}).y.item<int64_t>() == got[7]);
    CHECK(Json(noisy.get({7}).x) == Json(clean.get({7}).x));
  }
  CHECK_THROWS_AS(data::LabelNoise(clean, {.num_classes = 3}), IndexError);
}

TEST_CASE("rare classes and few samples: the sizes of the formulas") {
  Batch all = data::Gaussians({.samples = 400, .classes = 4}).all();
  data::TensorDataset balanced(all.x, all.y);
  auto sizes = [](const data::Dataset& d) {
    std::vector<int64_t> count(4);
    for (int64_t label : d.targets().to_vector<int64_t>()) count[size_t(label)]++;
    return count;
  };
  CHECK(sizes(data::Imbalance(balanced, {.ratio = 0.1})) == Labels{100, 46, 22, 10});
  CHECK(sizes(data::Imbalance(balanced, {.ratio = 0.05, .kind = data::ImbalanceKind::step})) == Labels{100, 100, 5, 5});
  CHECK(sizes(data::PerClass(balanced, {.count = 3})) == Labels{3, 3, 3, 3});
  CHECK(sizes(data::PerClass(balanced, {.count = 500})) == Labels{100, 100, 100, 100});
}

TEST_CASE("data catalogue: wrappers change the training part alone; sets without a split are divided") {
  Json config = Json::parse(R"({"type": "LabelNoise", "fraction": 1, "num_classes": 2, "kind": "pair",
                                "base": {"type": "TwoMoons", "samples": 100, "noise": 0, "test_fraction": 0.25, "split_seed": 3}})");
  auto [train, test] = data::build_splits(config);
  CHECK(train.size() == 75);
  CHECK(test.size() == 25);
  // Without noise, class 0 is the one above 0.5 or left of 0.
  auto share_right = [](const data::Dataset& d) {
    Batch b = d.all();
    std::vector<double> x = b.x.to_vector<double>();
    std::vector<int64_t> y = b.y.to_vector<int64_t>();
    double right = 0;
    for (size_t i = 0; i < y.size(); i++) {
      bool first = std::abs(std::hypot(x[2 * i], x[2 * i + 1]) - 1) < 1e-4 && x[2 * i + 1] >= 0;
      right += first == (y[i] == 0);
    }
    return right / double(y.size());
  };
  CHECK(share_right(test) > 0.9);
  CHECK(share_right(train) < 0.1);
  CHECK(files::refusal([&] { data::build_splits(Json::parse(R"({"type": "TwoMoons", "test_fraction": 2})")); }) ==
        "data.test_fraction: expected a number between 0 and 1 but found 2");
  CHECK(files::refusal([&] { data::build(Json::parse(R"({"type": "PerClass", "base": {"type": "TwoMons"}})")); }).find("data.base.type: unknown data set") == 0);
}
