#include "core/safetensors.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "core/elements.h"
#include "core/json.h"
#include "tests/core/files.h"

using namespace tare;

namespace {

std::string safetensors_bytes(const std::string& header, const std::string& data) {
  uint64_t n = header.size();
  return std::string(reinterpret_cast<const char*>(&n), 8) + header + data;
}

NamedTensors sample_tensors() {
  NamedTensors tensors;
  for (DType t : {DType::float32, DType::float64, DType::int64, DType::uint8, DType::boolean}) {
    Tensor x = empty({2, 3}, t);
    dispatch(t, [&]<class T>() {
      for (int i = 0; i < 6; i++) x.mutable_data<T>()[i] = T(t == DType::boolean ? i % 2 : i * 3);
    });
    tensors.emplace_back(text("layer.", t), x);
  }
  tensors.emplace_back("none", empty({0, 4}, DType::float32));
  tensors.emplace_back("scalar", zeros_raw({}, DType::float64));
  return tensors;
}

std::string st_refusal(const std::string& header, const std::string& data) {
  files::TemporaryFolder folder;
  files::put(folder / "x", safetensors_bytes(header, data));
  return files::refusal([&] { read_safetensors(folder / "x"); });
}
bool refused_for(const std::string& message, std::string_view reason) {
  CAPTURE(message);
  CHECK(message.find(reason) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("safetensors: every dtype reads back bit for bit, in order, with metadata") {
  files::TemporaryFolder folder;
  NamedTensors tensors = sample_tensors();
  write_safetensors(folder / "x.safetensors", tensors, {{"format", "pt"}});
  Metadata metadata;
  NamedTensors back = read_safetensors(folder / "x.safetensors", &metadata);
  REQUIRE(back.size() == tensors.size());
  for (size_t i = 0; i < back.size(); i++) {
    CHECK(back[i].first == tensors[i].first);
    CHECK(Json(back[i].second) == Json(tensors[i].second));
  }
  CHECK(metadata == Metadata{{"format", "pt"}});
  CHECK(folder.entries() == 1);
}

TEST_CASE("safetensors: the layout is the published one") {
  files::TemporaryFolder folder;
  Tensor t = zeros_raw({2}, DType::float32);
  t.mutable_data<float>()[0] = 1;
  write_safetensors(folder / "x", {{"w", t}});
  std::string header = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  CHECK(files::content(folder / "x") == safetensors_bytes(header, std::string("\0\0\x80\x3f\0\0\0\0", 8)));
}

TEST_CASE("safetensors: other programs' dtypes become tare's") {
  files::TemporaryFolder folder;
  struct Row {
    const char *name, *bytes;
    size_t width;
    DType dtype;
    double value;
  };
  for (const Row& r : {Row{"F16", "\x00\xc0", 2, DType::float32, -2}, Row{"BF16", "\xc0\x3f", 2, DType::float32, 1.5}, Row{"I8", "\xff", 1, DType::int64, -1},
                       Row{"I16", "\xfe\xff", 2, DType::int64, -2}, Row{"U16", "\xff\xff", 2, DType::int64, 65535},
                       Row{"I32", "\xfd\xff\xff\xff", 4, DType::int64, -3}, Row{"U32", "\xff\xff\xff\xff", 4, DType::int64, 4294967295.0},
                       Row{"U64", "\x07\0\0\0\0\0\0\0", 8, DType::int64, 7}, Row{"U8", "\xff", 1, DType::uint8, 255}}) {
    files::put(folder / "x", safetensors_bytes(text(R"({"t":{"dtype":")", r.name, R"(","shape":[1],"data_offsets":[0,)", r.width, "]}}"), std::string(r.bytes, r.width)));
    Tensor t = read_safetensors(folder / "x")[0].second;
    CHECK(t.dtype() == r.dtype);
    CHECK(t.item() == r.value);
  }
}

TEST_CASE("half floats: zeros, denormals, the largest, infinities and NaN") {
  CHECK(half_to_float(0x0001) == 0x1p-24f);
  CHECK(half_to_float(0x83ff) == -1023 * 0x1p-24f);
  CHECK(half_to_float(0x0400) == 0x1p-14f);
  CHECK(half_to_float(0x7bff) == 65504);
  CHECK(half_to_float(0x3555) == 0.333251953125f);
  CHECK(half_to_float(0xfc00) == -INFINITY);
  CHECK(std::isnan(half_to_float(0x7e00)));
  CHECK(std::signbit(half_to_float(0x8000)));
}

TEST_CASE("safetensors: a view is written as the elements it shows") {
  files::TemporaryFolder folder;
  Tensor base = sample_tensors()[0].second;
  write_safetensors(folder / "x", {{"t", view_of(base, {3, 2}, {1, 3}, 0)}});
  CHECK(read_safetensors(folder / "x")[0].second.to_vector<int64_t>() == std::vector<int64_t>{0, 9, 3, 12, 6, 15});
}

TEST_CASE("safetensors: what is wrong with a file is said") {
  std::string eight(8, '\0');
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234"), "\"b\" overlap another's");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight), "overlap");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight), "4 bytes before the data of tensor \"a\"");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", eight), "4 bytes at the end belong to no tensor");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234"), "is the file cut off?");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", eight), "of shape [1] needs 4 bytes but has 8");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,8]}})", eight), "needs 4000000000000 bytes but only 8");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[4000000000,4000000000],"data_offsets":[0,8]}})", eight), "too large to address");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight), "negative size -2");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight), "data_offsets [8, 0]");
  refused_for(st_refusal(R"({"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}})", eight), "the dtype \"C64\" cannot be read (BOOL, U8");
  refused_for(st_refusal(R"({"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}})", std::string(8, '\xff')), "does not fit int64");
  refused_for(st_refusal(R"({"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", "\x02"), "neither 0 nor 1");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[2]}})", eight), "tensor \"a\": the key \"data_offsets\" is missing");
  refused_for(st_refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight), "stands twice");
  refused_for(st_refusal("[1]", ""), "is an object");
  refused_for(st_refusal("{\n\"a\" 1}", ""), "(header): line 2");
  files::TemporaryFolder folder;
  files::put(folder / "x", std::string(9, '\xff'));
  refused_for(files::refusal([&] { read_safetensors(folder / "x"); }), "its header would be 18446744073709551615 bytes long");
  CHECK_THROWS_WITH_AS(write_safetensors(folder / "y", {{"a", zeros_raw({1}, DType::float32)}, {"a", zeros_raw({1}, DType::float32)}}),
                       "write_safetensors: the name \"a\" stands twice or is reserved", ValueError);
}

TEST_CASE("safetensors: damaged files are refused or read, never more") {
  files::TemporaryFolder folder;
  write_safetensors(folder / "good", sample_tensors(), {{"format", "pt"}});
  std::string bytes = files::content(folder / "good");
  files::refuse_prefixes(bytes, folder / "bad", [](const std::string& path) { read_safetensors(path); });
  CHECK(files::survive(bytes, folder / "bad", 3000, 1, [](const std::string& path) { read_safetensors(path); }) > 1500);
}
