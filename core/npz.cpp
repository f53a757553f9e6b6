// .npz: a zip archive whose members are .npy files.
//
// A zip is read from its end: the end record tells where the directory is, the directory where each member is, how long, and its crc32. Only
// the directory is believed; a member's own header is needed for its length alone. Archives beyond 4 GiB (zip64) put the long numbers
// into extra records. (APPNOTE.TXT 6.3.3, PKWARE.)
#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <vector>

#include "core/atomic_file.h"
#include "core/crc32.h"
#include "core/input.h"
#include "core/npy.h"
#include "core/npy_format.h"
#include "core/pack.h"

namespace tare {
namespace {

constexpr uint32_t kLocal = 0x04034b50, kDirectory = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr size_t kLocalSize = 30, kDirectorySize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
constexpr uint64_t kMostMembers = 1'000'000;
constexpr uint64_t kBestCompression = 1032;  // deflate cannot shrink more than this

// Little-endian numbers at any place of a record.
template <class T>
T number(const uint8_t* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
template <class T>
void put(std::string& out, T v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

struct ZipMember {
  std::string name;
  uint16_t flags, method;
  uint32_t crc;
  uint64_t compressed, size, local;  // bytes in the file, bytes of content, where its own header begins
};

[[noreturn]] void not_a_zip(const FileInput& file, std::string_view why) { throw FileError(text(file.name(), ": not a .npz (zip) archive: ", why)); }

std::vector<uint8_t> bytes_at(FileInput& file, uint64_t at, uint64_t size, std::string_view what) {
  if (at > file.size() || size > file.size() - at) not_a_zip(file, text(what, " would lie outside of the file; is it cut off?"));
  std::vector<uint8_t> bytes(size);
  file.seek(at);
  file.read(bytes.data(), size);
  return bytes;
}

struct DirectoryPlace {
  uint64_t at, size, members;
};

DirectoryPlace find_directory(FileInput& file) {
  uint64_t tail_size = std::min<uint64_t>(file.size(), kEndSize + 65535);  // a comment of up to 64 KiB may follow the end record
  std::vector<uint8_t> tail = bytes_at(file, file.size() - tail_size, tail_size, "its end");
  for (size_t i = tail.size() >= kEndSize ? tail.size() - kEndSize + 1 : 0; i-- > 0;) {
    const uint8_t* end = tail.data() + i;
    if (number<uint32_t>(end) != kEnd || number<uint16_t>(end + 20) != tail.size() - i - kEndSize) continue;
    DirectoryPlace place{number<uint32_t>(end + 16), number<uint32_t>(end + 12), number<uint16_t>(end + 10)};
    uint64_t end_at = file.size() - tail_size + i;
    if ((place.at == 0xffffffff || place.size == 0xffffffff || place.members == 0xffff) && end_at >= kLocator64Size) {
      std::vector<uint8_t> locator = bytes_at(file, end_at - kLocator64Size, kLocator64Size, "its zip64 locator");
      if (number<uint32_t>(locator.data()) == kLocator64) {
        std::vector<uint8_t> end64 = bytes_at(file, number<uint64_t>(locator.data() + 8), kEnd64Size, "its zip64 end record");
        if (number<uint32_t>(end64.data()) != kEnd64) not_a_zip(file, "its zip64 end record is damaged");
        place = {number<uint64_t>(end64.data() + 48), number<uint64_t>(end64.data() + 40), number<uint64_t>(end64.data() + 32)};
      }
    }
    return place;
  }
  not_a_zip(file, "its end record is missing; is it cut off?");
}

// The zip64 extra field holds, in this order, those of the numbers that are all ones in the directory.
void read_zip64_extra(FileInput& file, const uint8_t* extra, size_t length, ZipMember& m) {
  for (size_t at = 0; at + 4 <= length;) {
    uint16_t id = number<uint16_t>(extra + at), size = number<uint16_t>(extra + at + 2);
    at += 4;
    if (size > length - at) not_a_zip(file, "an extra field of its directory is damaged");
    if (id == 1) {
      size_t next = at;
      for (uint64_t* v : {&m.size, &m.compressed, &m.local}) {
        if (*v != 0xffffffff) continue;
        if (next + 8 > at + size) not_a_zip(file, "a zip64 field of its directory is cut off");
        *v = number<uint64_t>(extra + next);
        next += 8;
      }
    }
    at += size;
  }
}

std::vector<ZipMember> read_directory(FileInput& file) {
  DirectoryPlace place = find_directory(file);
  std::vector<uint8_t> bytes = bytes_at(file, place.at, place.size, "its directory");
  if (place.members > kMostMembers || place.members > bytes.size() / kDirectorySize) not_a_zip(file, text("it cannot have ", place.members, " members"));
  std::vector<ZipMember> members;
  size_t at = 0;
  for (uint64_t i = 0; i < place.members; i++) {
    if (bytes.size() - at < kDirectorySize || number<uint32_t>(&bytes[at]) != kDirectory) not_a_zip(file, "its directory is damaged");
    const uint8_t* d = &bytes[at];
    size_t name = number<uint16_t>(d + 28), extra = number<uint16_t>(d + 30), comment = number<uint16_t>(d + 32);
    if (bytes.size() - at - kDirectorySize < name + extra + comment) not_a_zip(file, "its directory is cut off");
    const char* name_at = reinterpret_cast<const char*>(d + kDirectorySize);
    ZipMember m{std::string(name_at, name), number<uint16_t>(d + 8),  number<uint16_t>(d + 10), number<uint32_t>(d + 16),
                number<uint32_t>(d + 20),   number<uint32_t>(d + 24), number<uint32_t>(d + 42)};
    read_zip64_extra(file, d + kDirectorySize + name, extra, m);
    members.push_back(std::move(m));
    at += kDirectorySize + name + extra + comment;
  }
  return members;
}

// Passes bytes on and keeps their checksum.
class ChecksumInput : public Input {
 public:
  ChecksumInput(Input& from, std::string name, uint64_t size) : Input(std::move(name)), from_(from), left_(size) {}
  size_t read_some(void* to, size_t size) override {
    size_t n = left_ == 0 ? 0 : from_.read_some(to, size_t(std::min<uint64_t>(size, left_)));
    crc_ = crc32(crc_, to, n);
    left_ -= n;
    position_ += n;
    return n;
  }
  uint32_t crc() const { return crc_; }

 private:
  Input& from_;
  uint64_t left_;
  uint32_t crc_ = 0;
};

Tensor read_member(FileInput& file, const ZipMember& m) {
  std::string name = text(file.name(), ": ", m.name.substr(0, 200));
  check<FileError>(!(m.flags & 1), name, ": is encrypted");
  check<FileError>(m.method == 0 || m.method == 8, name, ": is compressed by method ", m.method, "; only stored and deflated members can be read");
  std::vector<uint8_t> local = bytes_at(file, m.local, kLocalSize, m.name);
  if (number<uint32_t>(local.data()) != kLocal) not_a_zip(file, text("the header of ", m.name.substr(0, 200), " is damaged"));
  uint64_t begin = m.local + kLocalSize + number<uint16_t>(local.data() + 26) + number<uint16_t>(local.data() + 28);
  check<FileError>(begin <= file.size() && m.compressed <= file.size() - begin, name, ": its ", m.compressed, " bytes would lie outside of the file; is it cut off?");
  bool deflated = m.method == 8;
  check<FileError>(deflated ? m.size / kBestCompression <= m.compressed : m.size == m.compressed, name, ": ", m.compressed, " bytes cannot hold its ", m.size);
  file.seek(begin);
  std::optional<InflateInput> inflated;
  if (deflated) inflated.emplace(file, m.compressed);
  ChecksumInput content(deflated ? static_cast<Input&>(*inflated) : file, name, m.size);
  Tensor t = read_npy_stream(content, m.size);
  check<FileError>(content.position() == m.size, name, ": ", m.size - content.position(), " bytes follow the array");
  check<FileError>(content.crc() == m.crc, name, ": is damaged: its crc32 is ", crc32_text(content.crc()), " but ", crc32_text(m.crc), " was written");
  return t;
}

std::string local_header(const std::string& name, uint32_t crc, uint32_t size) {
  std::string out;
  put(out, kLocal);
  for (uint16_t v : {20, 0x800, 0, 0, 0x21}) put(out, v);  // version 2.0, names in UTF-8, stored, midnight, 1 January 1980
  put(out, crc);
  put(out, size);
  put(out, size);
  put(out, uint16_t(name.size()));
  put(out, uint16_t(0));
  return out + name;
}

}  // namespace

NamedTensors read_npz(const std::string& path) {
  FileInput file(path);
  NamedTensors tensors;
  std::set<std::string> names;
  for (const ZipMember& m : read_directory(file)) {
    constexpr std::string_view ending = ".npy";
    bool npy = m.name.size() > ending.size() && std::string_view(m.name).substr(m.name.size() - ending.size()) == ending;
    check<FileError>(npy, path, ": the member \"", m.name.substr(0, 200), "\" is not a .npy array");
    std::string name = m.name.substr(0, m.name.size() - ending.size());
    check<FileError>(names.insert(name).second, path, ": the array \"", name.substr(0, 200), "\" stands twice");
    tensors.emplace_back(name, read_member(file, m));
  }
  return tensors;
}

void write_npz(const std::string& path, const NamedTensors& tensors) {
  std::set<std::string_view> names;
  AtomicFile file(path);
  std::string directory;
  uint64_t at = 0;
  for (const auto& [name, source] : tensors) {
    check<ValueError>(!name.empty() && name.size() < 60000, "write_npz: a name must have 1 to 60000 characters, not ", name.size());
    check<ValueError>(names.insert(name).second, "write_npz: the name \"", name, "\" stands twice");
    check<ValueError>(source.defined(), "write_npz: the tensor \"", name, "\" is undefined");
    Tensor t = packed(source);
    std::string header = npy_header(t), member = name + ".npy";
    uint64_t size = header.size() + byte_size(t);
    check<ValueError>(at + size < 0xfffe0000 && tensors.size() < 0xffff, "write_npz: the archive would exceed 4 GiB or 65534 arrays; write safetensors instead");
    uint32_t crc = crc32(crc32(0, header.data(), header.size()), t.raw(), byte_size(t));
    std::string local = local_header(member, crc, uint32_t(size));
    file.write(local);
    file.write(header);
    file.write(t.raw(), byte_size(t));
    // The directory repeats the local header between its own fields.
    put(directory, kDirectory);
    put(directory, uint16_t(20));
    directory += local.substr(4, kLocalSize - 4);
    directory.append(10, '\0');  // no comment; disk, attributes
    put(directory, uint32_t(at));
    directory += member;
    at += local.size() + size;
  }
  std::string end;
  put(end, kEnd);
  put(end, uint32_t(0));
  put(end, uint16_t(tensors.size()));
  put(end, uint16_t(tensors.size()));
  put(end, uint32_t(directory.size()));
  put(end, uint32_t(at));
  put(end, uint16_t(0));
  file.write(directory);
  file.write(end);
  file.commit();
}

}  // namespace tare
