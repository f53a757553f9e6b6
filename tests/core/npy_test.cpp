#include "core/npy.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/json.h"
#include "tests/core/files.h"

using namespace tare;

namespace {

// Written by NumPy 2.4: arange(6, dtype='>f4').reshape(2, 3); the same as '<i2' in Fortran order; savez_compressed(w=zeros((4, 5), float32),
// b=[True, False]); savez(h=float16 of 1.5, -2, 6e-8, 65504, inf).
constexpr std::string_view kBigEndian =
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
    "ICAgICAgICAgICAgICAgICAgIAoAAAAAP4AAAEAAAABAQAAAQIAAAECgAAA=";
constexpr std::string_view kFortran =
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
    "ICAgICAgICAgICAgICAgICAgIAoAAAMAAQAEAAIABQA=";
constexpr std::string_view kCompressed =
    "UEsDBC0AAAAIAAAAIQD75YU0//////////8FABQAdy5ucHkBABAA0AAAAAAAAABJAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoX"
    "ZyQWpAL5GiY6CqaaOgq1CmQDLgYqAwBQSwMELQAAAAgAAAAhAO4Zu13//////////wUAFABiLm5weQEAEACCAAAAAAAAAEYAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXpNkqK6j"
    "oJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQALkYGAFBLAQItAy0AAAAIAAAAIQD75YU0SQAAANAAAAAFAAAAAAAAAAAAAACAAQAAAAB3Lm5weVBLAQItAy0AAAAI"
    "AAAAIQDuGbtdRgAAAIIAAAAFAAAAAAAAAAAAAACAAYAAAABiLm5weVBLBQYAAAAAAgACAGYAAAD9AAAAAAA=";
constexpr std::string_view kHalf =
    "UEsDBC0AAAAAAAAAIQCwfvKL//////////8FABQAaC5ucHkBABAAigAAAAAAAACKAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmMicsICdmb3J0cmFuX29yZGVyJzogRmFsc2Us"
    "ICdzaGFwZSc6ICg1LCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAD4AwAEA/3sAfFBLAQItAy0AAAAAAAAAIQCw"
    "fvKLigAAAIoAAAAFAAAAAAAAAAAAAACAAQAAAABoLm5weVBLBQYAAAAAAQABADMAAADBAAAAAAA=";

std::string npy_bytes(const std::string& header, const std::string& data, char version = 1) {
  std::string out = "\x93NUMPY";
  out += version;
  out += '\0';
  out += char(header.size() & 255);
  out += char(header.size() >> 8);
  if (version > 1) out += std::string(2, '\0');
  return out + header + data;
}

Tensor ramp(const Shape& shape, DType dtype) {
  Tensor t = empty(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    for (int64_t i = 0; i < t.numel(); i++) t.mutable_data<T>()[i] = T(dtype == DType::boolean ? i % 2 : i);
  });
  return t;
}

std::string npy_refusal(const std::string& bytes) {
  files::TemporaryFolder folder;
  files::put(folder / "x.npy", bytes);
  return files::refusal([&] { read_npy(folder / "x.npy"); });
}
bool npy_says(const std::string& message, std::string_view reason) {
  CAPTURE(message);
  CHECK(message.find(reason) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("npy: every dtype and rank reads back bit for bit") {
  files::TemporaryFolder folder;
  for (DType t : {DType::float32, DType::float64, DType::int64, DType::uint8, DType::boolean}) {
    for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3}, Shape{0, 3}, Shape{2, 1, 2, 1}}) {
      write_npy(folder / "x.npy", ramp(shape, t));
      CHECK(Json(read_npy(folder / "x.npy")) == Json(ramp(shape, t)));
    }
  }
  CHECK(files::content(folder / "x.npy").find("{'descr': '|b1', 'fortran_order': False, 'shape': (2, 1, 2, 1), }") == 10);
  write_npy(folder / "x.npy", ramp({5}, DType::float32));
  std::string bytes = files::content(folder / "x.npy");
  CHECK(bytes.find("{'descr': '<f4', 'fortran_order': False, 'shape': (5, ), }") == 10);
  CHECK(bytes.size() == 128 + 20);
}

TEST_CASE("npy: NumPy's own files: big-endian, Fortran order, half floats, compressed and zip64 archives") {
  files::TemporaryFolder folder;
  files::put_base64(folder / "x", kBigEndian);
  CHECK(Json(read_npy(folder / "x")) == Json(ramp({2, 3}, DType::float32)));
  files::put_base64(folder / "x", kFortran);
  CHECK(Json(read_npy(folder / "x")) == Json(ramp({2, 3}, DType::int64)));
  files::put_base64(folder / "x", kCompressed);
  NamedTensors arrays = read_npz(folder / "x");
  REQUIRE(arrays.size() == 2);
  CHECK(arrays[0].first == "w");
  CHECK(Json(arrays[0].second) == Json(zeros_raw({4, 5}, DType::float32)));
  CHECK(arrays[1].second.to_vector<int64_t>() == std::vector<int64_t>{1, 0});
  files::put_base64(folder / "x", kHalf);
  std::vector<double> half = read_npz(folder / "x")[0].second.to_vector<double>();
  CHECK(half == std::vector<double>{1.5, -2, 0x1p-24, 65504, INFINITY});
}

TEST_CASE("npy: versions 2 and 3 and other spellings of the header") {
  files::TemporaryFolder folder;
  for (char version : {1, 2, 3}) {
    files::put(folder / "x", npy_bytes("{\"shape\":(2,),'fortran_order':False,'descr':'=u1'}\n", "\x05\x06", version));
    CHECK(read_npy(folder / "x").to_vector<int64_t>() == std::vector<int64_t>{5, 6});
  }
}

TEST_CASE("npz: archives read back in order") {
  files::TemporaryFolder folder;
  write_npz(folder / "x.npz", {{"a/weight", ramp({2, 3}, DType::float32)}, {"b", ramp({}, DType::int64)}, {"none", ramp({0}, DType::uint8)}});
  NamedTensors back = read_npz(folder / "x.npz");
  REQUIRE(back.size() == 3);
  CHECK(back[0].first == "a/weight");
  CHECK(Json(back[0].second) == Json(ramp({2, 3}, DType::float32)));
  CHECK(back[2].second.shape() == Shape{0});
  CHECK_THROWS_AS(write_npz(folder / "x.npz", {{"a", ramp({1}, DType::int64)}, {"a", ramp({1}, DType::int64)}}), ValueError);
  CHECK(folder.entries() == 1);
}

TEST_CASE("npy: what is wrong with a file is said") {
  npy_says(npy_refusal("hello, world"), "does not begin with \\x93NUMPY");
  npy_says(npy_refusal(""), "is it cut off?");
  npy_says(npy_refusal(npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}", "1234")), "needs 4000000000000 bytes but only 4");
  npy_says(npy_refusal(npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000)}", "1234")), "too large to address");
  npy_says(npy_refusal(npy_bytes("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "12345678")), "NumPy's dtype '<c8' are not supported");
  npy_says(npy_refusal(npy_bytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "1234")), "records are not supported");
  npy_says(npy_refusal(npy_bytes("{'descr': '<f4', 'shape': (1,)}", "1234")), "must be there");
  npy_says(npy_refusal(npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "12345")), "1 bytes follow the array");
  npy_says(npy_refusal(npy_bytes("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}", "1234")), "expected True or False");
  npy_says(npy_refusal(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (-1,)}", "1234")), "expected a size");
  npy_says(npy_refusal(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "1234", 9)), "version 9");
  files::TemporaryFolder folder;
  files::put(folder / "x", "not a zip archive, but longer than its end record");
  npy_says(files::refusal([&] { read_npz(folder / "x"); }), "not a .npz (zip) archive: its end record is missing");
  files::put_base64(folder / "x", kCompressed);
  std::string bytes = files::content(folder / "x");
  bytes[bytes.find("w.npy") + 40] ^= 1;  // inside the compressed data
  files::put(folder / "x", bytes);
  npy_says(files::refusal([&] { read_npz(folder / "x"); }), "w.npy");
}

TEST_CASE("npy and npz: damaged files are refused or read, never more") {
  files::TemporaryFolder folder;
  auto npy = [](const std::string& path) { read_npy(path); };
  auto npz = [](const std::string& path) { read_npz(path); };
  for (std::string_view good : {kBigEndian, kFortran}) {
    files::put_base64(folder / "good", good);
    std::string bytes = files::content(folder / "good");
    files::refuse_prefixes(bytes, folder / "bad", npy);
    CHECK(files::survive(bytes, folder / "bad", 1500, 2, npy) > 500);
  }
  for (std::string_view good : {kCompressed, kHalf}) {
    files::put_base64(folder / "good", good);
    std::string bytes = files::content(folder / "good");
    files::refuse_prefixes(bytes, folder / "bad", npz);
    CHECK(files::survive(bytes, folder / "bad", 1500, 3, npz) > 500);
  }
}
