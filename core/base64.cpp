#include "core/base64.h"

#include <array>

namespace tare {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kForeign = 0x80;  // a bit that no six-bit digit has, so that one test covers four characters

constexpr std::array<uint8_t, 256> make_digits() {
  std::array<uint8_t, 256> digits{};
  for (auto& d : digits) d = kForeign;
  for (uint8_t i = 0; i < 64; i++) digits[static_cast<uint8_t>(kAlphabet[i])] = i;
  return digits;
}
constexpr std::array<uint8_t, 256> kDigits = make_digits();

uint8_t digit(char c) { return kDigits[static_cast<uint8_t>(c)]; }

}  // namespace

void base64_encode(std::string& out, const void* data, size_t size) {
  const auto* in = static_cast<const uint8_t*>(data);
  size_t at = out.size();
  out.resize(at + (size + 2) / 3 * 4);
  char* to = out.data() + at;
  size_t i = 0;
  for (; i + 3 <= size; i += 3, to += 4) {
    uint32_t bits = uint32_t(in[i]) << 16 | uint32_t(in[i + 1]) << 8 | in[i + 2];
    to[0] = kAlphabet[bits >> 18];
    to[1] = kAlphabet[bits >> 12 & 63];
    to[2] = kAlphabet[bits >> 6 & 63];
    to[3] = kAlphabet[bits & 63];
  }
  if (i == size) return;
  uint32_t bits = uint32_t(in[i]) << 16 | (i + 1 < size ? uint32_t(in[i + 1]) << 8 : 0);
  to[0] = kAlphabet[bits >> 18];
  to[1] = kAlphabet[bits >> 12 & 63];
  to[2] = i + 1 < size ? kAlphabet[bits >> 6 & 63] : '=';
  to[3] = '=';
}

int64_t base64_decoded_size(std::string_view text) {
  if (text.size() % 4 != 0) return -1;
  if (text.empty()) return 0;
  int64_t padding = text.back() != '=' ? 0 : text[text.size() - 2] != '=' ? 1 : 2;
  return int64_t(text.size() / 4) * 3 - padding;
}

bool base64_decode(std::string_view text, uint8_t* out) {
  int64_t size = base64_decoded_size(text);
  if (size < 0) return false;
  const char* in = text.data();
  int64_t whole = size / 3;
  uint8_t foreign = 0;
  for (int64_t i = 0; i < whole; i++, in += 4, out += 3) {
    uint8_t a = digit(in[0]), b = digit(in[1]), c = digit(in[2]), d = digit(in[3]);
    foreign |= a | b | c | d;
    out[0] = static_cast<uint8_t>(a << 2 | b >> 4);
    out[1] = static_cast<uint8_t>(b << 4 | c >> 2);
    out[2] = static_cast<uint8_t>(c << 6 | d);
  }
  int64_t rest = size - whole * 3;
  if (rest > 0) {
    uint8_t a = digit(in[0]), b = digit(in[1]), c = rest == 2 ? digit(in[2]) : 0;
    foreign |= a | b | c;
    out[0] = static_cast<uint8_t>(a << 2 | b >> 4);
    if (rest == 2) out[1] = static_cast<uint8_t>(b << 4 | c >> 2);
    if (rest == 2 ? c & 3 : b & 15) return false;
  }
  return !(foreign & kForeign);
}

}  // namespace tare
