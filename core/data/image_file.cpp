#include "core/data/image_file.h"

#include <png.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <vector>

#include "core/atomic_file.h"
#include "core/input.h"
#include "core/pack.h"

namespace tare::data {
namespace {

constexpr uint64_t kLargestFile = uint64_t{1} << 30;
constexpr uint64_t kPixelsPerByte = 8 * 1032;  // one bit a pixel, compressed as far as deflate can

std::string image_content(const std::string& path) {
  FileInput in(path);
  check<FileError>(in.size() <= kLargestFile, path, ": an image of ", in.size(), " bytes is too large");
  std::string content(in.size(), '\0');
  in.read(content.data(), content.size());
  return content;
}

// [height, width, channels] bytes to [channels, height, width].
Tensor channels_first(const uint8_t* from, int64_t height, int64_t width, int64_t channels) {
  Tensor out = empty({channels, height, width}, DType::uint8);
  uint8_t* to = out.mutable_data<uint8_t>();
  for (int64_t c = 0; c < channels; c++)
    for (int64_t i = 0; i < height * width; i++) *to++ = from[i * channels + c];
  return out;
}

struct PngImage : png_image {
  PngImage() : png_image{} { version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(this); }
};

Tensor decode_png(const std::string& content, const std::string& path) {
  PngImage image;
  check<FileError>(png_image_begin_read_from_memory(&image, content.data(), content.size()), path, ": ", image.message);
  check<FileError>(uint64_t(image.width) * image.height <= content.size() * kPixelsPerByte, path, ": ", content.size(), " bytes cannot hold an image of ", image.width,
                   " x ", image.height);
  bool colour = image.format & PNG_FORMAT_FLAG_COLOR;
  image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  int64_t channels = colour ? 3 : 1, width = image.width, height = image.height;
  std::vector<uint8_t> pixels(size_t(width * height * channels));
  png_color black{};
  check<FileError>(png_image_finish_read(&image, &black, pixels.data(), 0, nullptr), path, ": ", image.message);
  return channels_first(pixels.data(), height, width, channels);
}

// "P5" width height maximum and then bytes; P6 has three a pixel; P2 and P3 are the same in decimal digits. '#' begins a comment.
class NetpbmReader {
 public:
  NetpbmReader(const std::string& s, const std::string& path) : s_(s), path_(path) {}
  Tensor read() {
    char kind = s_[1];
    at_ = 2;
    int64_t channels = kind == '3' || kind == '6' ? 3 : 1;
    int64_t width = number("width"), height = number("height"), maximum = number("largest value");
    check<FileError>(width > 0 && height > 0 && maximum > 0 && maximum < 256, path_, ": images of ", width, " x ", height, " with values up to ", maximum,
                     " cannot be read (up to 255 can)");
    bool binary = kind >= '5';
    at_ += binary;  // one space behind the header
    int64_t count = width * height * channels;  // each is below 10^7: no overflow
    int64_t left = int64_t(s_.size()) - int64_t(at_);
    check<FileError>(count <= left, path_, ": an image of ", width, " x ", height, " needs ", count, " values but only ", std::max<int64_t>(left, 0),
                     " bytes follow; is the file cut off?");
    std::vector<uint8_t> pixels(static_cast<size_t>(count));
    for (uint8_t& p : pixels) {
      int64_t v = binary ? static_cast<unsigned char>(s_[at_++]) : number("pixel");
      check<FileError>(v <= maximum, path_, ": the value ", v, " exceeds the largest, ", maximum);
      p = static_cast<uint8_t>((v * 255 + maximum / 2) / maximum);
    }
    return channels_first(pixels.data(), height, width, channels);
  }

 private:
  int64_t number(std::string_view what) {
    while (at_ < s_.size() && (std::isspace(static_cast<unsigned char>(s_[at_])) || s_[at_] == '#')) {
      if (s_[at_] == '#') at_ = std::min(s_.find('\n', at_), s_.size());
      else at_++;
    }
    int64_t v = 0;
    size_t begin = at_;
    while (at_ < s_.size() && s_[at_] >= '0' && s_[at_] <= '9' && at_ - begin < 7) v = v * 10 + (s_[at_++] - '0');
    check<FileError>(at_ > begin, path_, ": expected the ", what, " at byte ", begin);
    return v;
  }
  const std::string& s_;
  const std::string& path_;
  size_t at_ = 0;
};

}  // namespace

Tensor read_image(const std::string& path) {
  std::string content = image_content(path);
  if (content.substr(0, 4) == "\x89PNG") return decode_png(content, path);
  if (content.size() > 2 && content[0] == 'P' && std::strchr("2356", content[1])) return NetpbmReader(content, path).read();
  throw FileError(text(path, ": is neither a PNG nor a PGM or PPM image"));
}

std::string png_bytes(const Tensor& image) {
  check<DTypeError>(image.dtype() == DType::uint8, "write_png: expected uint8 but the image is ", image.dtype());
  bool plain = image.dim() == 2;
  check<ShapeError>((plain || (image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3))) && image.numel() > 0,
                    "write_png: expected [height, width] or [1 or 3, height, width] but the image is ", image.shape());
  int64_t channels = plain ? 1 : image.size(0), height = image.size(-2), width = image.size(-1);
  Tensor whole = packed(image);
  const uint8_t* from = whole.data<uint8_t>();
  std::vector<uint8_t> pixels(size_t(whole.numel()));
  for (int64_t c = 0; c < channels; c++)
    for (int64_t i = 0; i < height * width; i++) pixels[size_t(i * channels + c)] = *from++;
  PngImage out;
  out.width = static_cast<png_uint_32>(width);
  out.height = static_cast<png_uint_32>(height);
  out.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(out);
  std::string bytes(size, '\0');
  check<FileError>(png_image_write_to_memory(&out, bytes.data(), &size, 0, pixels.data(), 0, nullptr), "write_png: ", out.message);
  bytes.resize(size);
  return bytes;
}

void write_png(const std::string& path, const Tensor& image) { write_file_atomically(path, png_bytes(image)); }

}  // namespace tare::data
