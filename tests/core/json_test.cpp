#include "core/json.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "core/crc32.h"
#include "core/random.h"
#include "tests/core/files.h"

using namespace tare;

namespace {

struct JsonFile {
  std::string path = text("/tmp/tare_json_test_", getpid(), ".json");
  ~JsonFile() { std::remove(path.c_str()); }
  std::string content() const {
    std::ifstream in(path, std::ios::binary);
    std::stringstream s;
    s << in.rdbuf();
    return s.str();
  }
};

template <class T>
Tensor tensor_of(const Shape& shape, const std::vector<T>& values) {
  Tensor t = empty(shape, dtype_of<T>::value);
  for (size_t i = 0; i < values.size(); i++) t.mutable_data<T>()[i] = values[i];
  return t;
}

Tensor noise(int64_t n, DType dtype) {
  Tensor t = empty({n}, dtype);
  Generator g(7);
  for (int64_t i = 0; i < n; i++)
    dispatch(dtype, [&]<class T>() { t.mutable_data<T>()[i] = T(std::is_floating_point_v<T> ? g.uniform() - 0.5 : double(g.below(2))); });
  return t;
}

std::string failure(std::string_view document) {
  try {
    Json::parse(document, "doc");
  } catch (const FileError& e) {
    return e.what();
  }
  return "no error";
}

bool mentions(const std::string& message, std::string_view part) {
  CAPTURE(message);
  CAPTURE(part);
  CHECK(message.find(part) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("json: every kind of value reads back equal from its own dump") {
  Json j;
  j.set("none", nullptr);
  j.set("yes", true);
  j.set("int", int64_t{-9223372036854775807});
  j.set("three", 3.0);
  j.set("text", "quote \" backslash \\ newline \n bell \a \xc3\xa9");
  j.set("list", Json::Array{1, 2.5, "x", Json::Array{}, Json::object()});
  j.set("tensor", tensor_of<float>({2, 2}, {1, -0.0f, 0.1f, 3e-41f}));
  for (int indent : {-1, 0, 2}) CHECK(Json::parse(j.dump(indent)) == j);
  CHECK(Json::parse("3.0").dump() == "3.0");
  CHECK(!Json::parse("3.0").is_int());
  CHECK(Json::parse("3.0").as_int() == 3);
}

TEST_CASE("json: doubles are written in the shortest form that reads back to the same bits") {
  CHECK(Json(0.1).dump() == "0.1");
  CHECK(Json(1e-5).dump() == "1e-05");
  CHECK(Json(5e-324).dump() == "5e-324");
  CHECK(std::signbit(Json::parse(Json(-0.0).dump()).as_double()));
  for (uint64_t i = 0; i < 2000; i++) {
    uint64_t bits = philox(3, i)[0] | uint64_t(philox(4, i)[1]) << 32;
    double v;
    std::memcpy(&v, &bits, 8);
    double back = Json::parse(Json(v).dump()).as_double();
    CHECK((std::isnan(v) ? std::isnan(back) : std::memcmp(&v, &back, 8) == 0));
  }
  CHECK(std::isinf(Json::parse("\"-inf\"").as_double()));
}

TEST_CASE("json: tensors of any dtype and size read back bit for bit") {
  for (DType t : {DType::boolean, DType::uint8, DType::int64, DType::float32, DType::float64}) {
    for (int64_t n : {0, 1, 2, 3, 64, 65, 50000}) {
      CAPTURE(dtype_name(t));
      CAPTURE(n);
      Json j(noise(n, t));
      Json back = Json::parse(j.dump());
      CHECK(back.is_tensor());
      CHECK(back == j);
    }
  }
  Json special(tensor_of<float>({3}, {INFINITY, -INFINITY, NAN}));
  CHECK(special.dump().find("\"data\": [\"AACAfwAAgP8AAMB/\"]") != std::string::npos);
  CHECK(Json::parse(special.dump()) == special);
}

TEST_CASE("json: a small tensor is a readable list, a large one base64 in strings of at most 64 KiB") {
  std::string small = Json(tensor_of<float>({3}, {0.1f, 2, -0.0f})).dump();
  CHECK(small.find("{\"shape\": [3], \"dtype\": \"float32\", \"data\": [0.1, 2, -0.0], \"crc32\": \"") == 0);
  std::string large = Json(noise(100000, DType::float64)).dump();
  size_t longest = 0;
  for (size_t at = large.find("\"data\"") + 6; at < large.size();) {
    size_t begin = large.find('"', at) + 1, end = large.find('"', begin);
    if (begin == 0 || end == large.npos) break;
    longest = std::max(longest, end - begin);
    at = end + 1;
  }
  CHECK(longest == 65536);
}

TEST_CASE("json: a view is written as the elements it shows") {
  Tensor base = tensor_of<double>({2, 3}, {1, 2, 3, 4, 5, 6});
  Tensor transposed = view_of(base, {3, 2}, {1, 3}, 0);
  CHECK(Json::parse(Json(transposed).dump()).as_tensor().to_vector<double>() == std::vector<double>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("json: tensors written by hand") {
  CHECK(Json::parse(R"({"shape": [2], "data": [1, 2.5]})").as_tensor().dtype() == DType::float64);
  CHECK(Json::parse(R"({"shape": [2], "data": [1, 2]})", "x", DType::float32).as_tensor().dtype() == DType::float32);
  // the dtype may come last, the data first
  CHECK(Json::parse(R"({"shape": [2], "data": [9007199254740993, 2], "dtype": "int64"})").as_tensor().to_vector<int64_t>()[0] == 9007199254740993);
  CHECK(Json::parse(R"({"data": [0, true, 1], "dtype": "bool", "shape": [3]})").as_tensor().to_vector<int64_t>() == std::vector<int64_t>{0, 1, 1});
  CHECK(Json::parse(R"({"dtype": "float32", "data": ["AACAPw==", "AAAAQA=="], "shape": [2]})").as_tensor().to_vector<double>() == std::vector<double>{1, 2});
  CHECK(std::isinf(Json::parse(R"({"shape": [], "data": ["-inf"]})").as_tensor().item()));
  CHECK(Json::parse(R"({"shape": [0, 4], "data": []})").as_tensor().shape() == Shape{0, 4});
  // with other keys it is an ordinary object
  CHECK(Json::parse(R"({"data": [1, 2]})").is_object());
  CHECK(Json::parse(R"({"data": {"type": "FashionMNIST"}, "shape": [1]})").is_object());
}

TEST_CASE("json: float32 numbers are rounded once") {
  // Just above the middle of two float32 neighbours; the nearest double is the middle itself, which would go to the even one below.
  Tensor t = Json::parse(R"({"shape": [1], "dtype": "float32", "data": [1.000000059604644775390626]})").as_tensor();
  CHECK(t.item<float>() == std::nextafter(1.0f, 2.0f));
}

TEST_CASE("json: syntax errors give line and column") {
  mentions(failure("{\n \"a\": 1,\n \"b\" 2}"), "doc: line 3, column 7: syntax error");
  mentions(failure("[1, 2"), "line 1, column 5: ");
  mentions(failure("[1] x"), "line 1, column 5");
  mentions(failure(""), "unexpected end of input");
  mentions(failure("{\"a\": nul}"), "line 1, column 10");
  mentions(failure("\"\xff\""), "line 1, column 2");
  mentions(failure("[1e999]"), "number overflow");
  mentions(failure("{\"key\": 1, \"b\": 2, \"key\": 3}"), "\"key\" stands twice");
  mentions(failure(std::string(300, '[')), "more than 200 deep");
}

TEST_CASE("json: what is wrong with a tensor is said, and nothing is allocated for it") {
  mentions(failure(R"({"shape": [2], "data": [1]})"), "needs 2 numbers but its data have 1");
  mentions(failure(R"({"shape": [2], "data": [1, 2, 3]})"), "more than its 2 elements");
  mentions(failure(R"({"shape": [1000000000000], "dtype": "float64", "data": [1]})"), "more elements than the file has bytes left");
  mentions(failure(R"({"shape": [4000000000, 4000000000], "data": [1]})"), "too large to address");
  mentions(failure(R"({"shape": [-1], "data": [1]})"), "negative size -1");
  mentions(failure(R"({"shape": [1, 1, 1, 1, 1, 1, 1, 1, 1], "data": [1]})"), "at most 8 dimensions");
  mentions(failure(R"({"shape": [1.5], "data": [1]})"), "list of integers");
  mentions(failure(R"({"shape": [1], "dtype": "int8", "data": [1]})"), "unknown dtype \"int8\"");
  mentions(failure(R"({"shape": [1], "dtype": "int64", "data": [1.5]})"), "1.5 does not fit int64");
  mentions(failure(R"({"shape": [1], "dtype": "uint8", "data": [256]})"), "256 does not fit uint8");
  mentions(failure(R"({"shape": [1], "dtype": "bool", "data": [2]})"), "2 is not a bool");
  mentions(failure(R"({"shape": [1], "dtype": "bool", "data": ["Ag=="]})"), "neither 0 nor 1");
  mentions(failure(R"({"shape": [1], "dtype": "float32", "data": [1e300]})"), "out of float32's range");
  mentions(failure(R"({"shape": [1], "dtype": "float32", "data": ["AACAP"]})"), "not a multiple of four");
  mentions(failure(R"({"shape": [1], "dtype": "float32", "data": ["AAC*Pw=="]})"), "not base64");
  mentions(failure(R"({"shape": [1], "dtype": "float32", "data": ["AACAPw==", 1]})"), "not both");
  mentions(failure(R"({"shape": [2, 1], "data": [[1], [2]]})"), "flat list");
  mentions(failure(R"({"shape": [1], "data": [null]})"), "found null");
  mentions(failure(R"({"shape": [1], "data": [1], "name": "w"})"), "no key \"name\"");
  mentions(failure(R"({"shape": [1], "data": [1], "data": [1]})"), "\"data\" stands twice");
  mentions(failure(R"({"shape": [1], "data": [1], "crc32": "00000000"})"), "is damaged");
}

TEST_CASE("json: the checksum of a document is the crc32 of all bytes before its key") {
  JsonFile file;
  Json j;
  j.set("format", "tare/1");
  j.set("weights", noise(30000, DType::float32));
  j.write_file(file.path, true);
  std::string content = file.content();
  size_t at = content.rfind("\"crc32\"");
  CHECK(content.substr(at) == "\"crc32\": \"" + crc32_text(crc32(0, content.data(), at)) + "\"\n}\n");
  Json back = Json::read_file(file.path);
  CHECK(back == j);
  CHECK(!back.contains("crc32"));
  CHECK(Json::parse(content) == j);

  content[content.find("tare/1") + 5] = '2';
  mentions(failure(content), "the document is damaged");
  mentions(failure(R"({"crc32": "00000000", "a": 1})"), "must be the last");
  CHECK(Json::parse(R"({"a": 1, "crc32": {"b": 5}, "c": 2})").size() == 3);  // not a checksum
}

TEST_CASE("json: reading a large file in pieces finds the same document and the same places as reading it whole") {
  JsonFile file;
  Json::Array rows;
  for (int i = 0; i < 20000; i++) rows.push_back(Json(text("row ", i, " of a list that spans many pieces")));
  Json j(rows);
  j.write_file(file.path);
  CHECK(file.content().size() > 600000);
  CHECK(Json::read_file(file.path) == j);
  std::string broken = file.content();
  broken[broken.find("row 15000 ") - 1] = '?';
  std::ofstream(file.path, std::ios::binary) << broken;
  std::string from_file;
  try {
    Json::read_file(file.path);
  } catch (const FileError& e) {
    from_file = e.what();
  }
  mentions(from_file, "line 15002, column 2");
  mentions(failure(broken), "line 15002, column 2");
}

TEST_CASE("json: a missing file, a folder and an empty file are FileErrors that name the path") {
  CHECK_THROWS_WITH_AS(Json::read_file("/nowhere/x.json"), "cannot read /nowhere/x.json: No such file or directory", FileError);
  CHECK_THROWS_WITH_AS(Json::read_file("/tmp"), "cannot read /tmp: it is a folder", FileError);
  CHECK_THROWS_AS(Json::read_file("/dev/null"), FileError);
}

TEST_CASE("json: typed access names the path, what was expected and what was found") {
  Json j = Json::parse(R"({"lr": "fast", "n": 2.5, "list": [1]})");
  CHECK_THROWS_WITH_AS(j.at("lr").as_double("optimizer.lr"), "optimizer.lr: expected a number but found a string (\"fast\")", ConfigError);
  CHECK_THROWS_WITH_AS(j.at("n").as_int("n"), "n: expected an integer but found a number (2.5)", ConfigError);
  CHECK_THROWS_WITH_AS(j.at("list").as_object("list"), "list: expected an object but found a list", ConfigError);
  CHECK_THROWS_WITH_AS(j.at("lrr", "optimizer"), "optimizer: the key \"lrr\" is missing; is \"lr\" meant to be it?", ConfigError);
}

TEST_CASE("json: set_path makes objects on the way, indexes lists and refuses the rest") {
  Json j = Json::parse(R"({"model": {"layers": [{"eps": 1}]}, "n": 1})");
  j.set_path("model.layers.0.eps", 2);
  j.set_path("optimizer.base.lr", 0.5);
  CHECK(j == Json::parse(R"({"model": {"layers": [{"eps": 2}]}, "n": 1, "optimizer": {"base": {"lr": 0.5}}})"));
  CHECK_THROWS_WITH_AS(j.set_path("model.layers.7", 1), "model.layers.7: the list has only 1 items", ConfigError);
  CHECK_THROWS_WITH_AS(j.set_path("model.layers.x", 1), "model.layers.x: expected the index of an item of a list but found \"x\"", ConfigError);
  CHECK_THROWS_WITH_AS(j.set_path("n.m", 1), "n.m: cannot be set because what it is a part of is an integer", ConfigError);
  CHECK_THROWS_AS(j.set_path("a..b", 1), ConfigError);
}

TEST_CASE("json: damaged documents are refused or read, never more") {
  files::TemporaryFolder folder;
  Json j;
  j.set("format", "tare/1");
  j.set("layers", Json::Array{Json(tensor_of<float>({2, 2}, {1, -2.5f, 3e-7f, 4})), Json(noise(70, DType::float64)), Json(noise(70, DType::boolean))});
  j.set("options", Json::parse(R"({"eps": 1e-5, "names": ["a", "b\u00e9\n"], "nothing": null, "deep": [[[[{}]]]]})"));
  for (bool checksum : {false, true}) {
    j.write_file(folder / "good", checksum);
    std::string bytes = files::content(folder / "good");
    auto read = [](const std::string& path) { Json::read_file(path); };
    files::refuse_prefixes(bytes.substr(0, bytes.size() - 1), folder / "bad", read);  // the last byte is a line end
    CHECK(files::survive(bytes, folder / "bad", 4000, 5, read) > (checksum ? 3600 : 2000));
  }
}
