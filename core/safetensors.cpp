#include "core/safetensors.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "core/atomic_file.h"
#include "core/elements.h"
#include "core/json.h"
#include "core/pack.h"

namespace tare {
namespace {

constexpr uint64_t kLongestHeader = 100'000'000;  // the limit of the safetensors library

struct ElementName {
  std::string_view name;
  Element element;
};
constexpr ElementName kElementNames[] = {
    {"BOOL", Element::boolean}, {"U8", Element::u8},   {"I8", Element::i8},   {"U16", Element::u16},  {"I16", Element::i16},
    {"U32", Element::u32},      {"I32", Element::i32}, {"U64", Element::u64}, {"I64", Element::i64},  {"F16", Element::f16},
    {"BF16", Element::bf16},    {"F32", Element::f32}, {"F64", Element::f64},
};

Element element_named(std::string_view name, const std::string& where) {
  std::string known;
  for (const ElementName& e : kElementNames) {
    if (e.name == name) return e.element;
    known += text(known.empty() ? "" : ", ", e.name);
  }
  throw FileError(text(where, ": the dtype \"", name.substr(0, 40), "\" cannot be read (", known, " can)"));
}

std::string_view name_of(DType t) {
  for (const ElementName& e : kElementNames)
    if (e.element == element_of(t)) return e.name;
  return {};
}

struct Entry {
  std::string name;
  Element element;
  Shape shape;
  uint64_t begin, end;
};

std::vector<Entry> read_header(FileInput& file, Metadata* metadata, uint64_t& data_begin) {
  const std::string& path = file.name();
  uint8_t prefix[8];
  file.read(prefix, 8);
  uint64_t length;
  std::memcpy(&length, prefix, 8);
  check<FileError>(length <= kLongestHeader && length <= file.size() - 8, path, ": not a safetensors file: its header would be ", length,
                   " bytes long, but the file has ", file.size());
  std::string header(length, '\0');
  file.read(header.data(), length);
  data_begin = 8 + length;
  Json json = Json::parse(header, text(path, " (header)"));
  check<FileError>(json.is_object(), path, ": the header of a safetensors file is an object, not ", json.kind());

  std::vector<Entry> entries;
  for (const Json::Member& member : json.as_object()) {
    const auto& [name, value] = member;
    std::string where = text(path, ": tensor \"", name.substr(0, 200), "\"");
    try {
      if (name == "__metadata__") {
        for (const Json::Member& m : value.as_object(name))
          if (metadata) metadata->emplace_back(m.first, m.second.as_string(m.first));
        continue;
      }
      for (const Json::Member& m : value.as_object())
        check<FileError>(m.first == "dtype" || m.first == "shape" || m.first == "data_offsets", "unknown key \"", m.first.substr(0, 80), "\"");
      Entry e{name, element_named(value.at("dtype").as_string("dtype"), "its header"), {}, 0, 0};
      const Json::Array& sizes = value.at("shape").as_array("shape");
      check<FileError>(sizes.size() <= size_t(Shape::max_rank), "a tensor has at most 8 dimensions, not ", sizes.size());
      for (const Json& size : sizes) e.shape.push_back(size.as_int("shape"));
      const Json::Array& offsets = value.at("data_offsets").as_array("data_offsets");
      check<FileError>(offsets.size() == 2, "data_offsets are two numbers, not ", offsets.size());
      int64_t begin = offsets[0].as_int("data_offsets"), end = offsets[1].as_int("data_offsets");
      check<FileError>(begin >= 0 && end >= begin && uint64_t(end) <= file.size() - data_begin, "its data_offsets [", begin, ", ", end,
                       "] do not lie in the ", file.size() - data_begin, " bytes of data; is the file cut off?");
      e.begin = uint64_t(begin), e.end = uint64_t(end);
      entries.push_back(std::move(e));
    } catch (const Error& error) {
      throw FileError(text(where, ": ", error.what()));
    }
  }
  return entries;
}

// Sorted by where they begin, the tensors must follow each other without gap and end with the file.
void check_cover(const std::vector<Entry>& entries, const std::string& path, uint64_t data_size) {
  std::vector<const Entry*> order;
  for (const Entry& e : entries) order.push_back(&e);
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  uint64_t at = 0;
  for (const Entry* e : order) {
    check<FileError>(e->begin >= at, path, ": the data of tensor \"", e->name.substr(0, 200), "\" overlap another's");
    check<FileError>(e->begin == at, path, ": ", e->begin - at, " bytes before the data of tensor \"", e->name.substr(0, 200), "\" belong to no tensor");
    at = e->end;
  }
  check<FileError>(at == data_size, path, ": ", data_size - at, " bytes at the end belong to no tensor");
}

}  // namespace

NamedTensors read_safetensors(const std::string& path, Metadata* metadata) {
  FileInput file(path);
  uint64_t data_begin = 0;
  Metadata found;
  std::vector<Entry> entries = read_header(file, &found, data_begin);
  check_cover(entries, path, file.size() - data_begin);
  NamedTensors tensors;
  for (const Entry& e : entries) {
    Tensor t = allocate_from_file(text(path, ": tensor \"", e.name.substr(0, 200), "\""), e.shape, e.element, e.end - e.begin);
    uint64_t needed = uint64_t(t.numel() * element_width(e.element));
    check<FileError>(needed == e.end - e.begin, path, ": tensor \"", e.name.substr(0, 200), "\" of shape ", e.shape, " needs ", needed, " bytes but has ",
                     e.end - e.begin);
    file.seek(data_begin + e.begin);
    read_elements(file, e.element, false, t);
    tensors.emplace_back(e.name, std::move(t));
  }
  if (metadata) *metadata = std::move(found);
  return tensors;
}

void write_safetensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata) {
  Json::Object header;
  if (!metadata.empty()) {
    Json::Object strings;
    for (const auto& [key, value] : metadata) strings.emplace_back(key, value);
    header.emplace_back("__metadata__", std::move(strings));
  }
  std::set<std::string_view> names = {"__metadata__"};
  uint64_t at = 0;
  for (const auto& [name, t] : tensors) {
    check<ValueError>(!name.empty(), "write_safetensors: a tensor has an empty name");
    check<ValueError>(names.insert(name).second, "write_safetensors: the name \"", name, "\" stands twice or is reserved");
    check<ValueError>(t.defined(), "write_safetensors: tensor \"", name, "\" is undefined");
    Json::Array shape;
    for (int64_t n : t.shape()) shape.push_back(n);
    uint64_t end = at + byte_size(t);
    Json::Object entry;
    entry.emplace_back("dtype", name_of(t.dtype()));
    entry.emplace_back("shape", std::move(shape));
    entry.emplace_back("data_offsets", Json::Array{at, end});
    header.emplace_back(name, std::move(entry));
    at = end;
  }
  std::string json = Json(std::move(header)).dump(-1);
  json.append((8 - json.size() % 8) % 8, ' ');  // the data begin at a multiple of eight
  uint64_t length = json.size();
  AtomicFile file(path);
  file.write(&length, 8);
  file.write(json);
  for (const auto& named : tensors) {
    Tensor t = packed(named.second);
    file.write(t.raw(), byte_size(t));
  }
  file.commit();
}

}  // namespace tare
