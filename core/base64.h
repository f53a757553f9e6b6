// Base64 (RFC 4648, standard alphabet, padded): binary data inside JSON strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tare {

/// Appends the encoding of `size` bytes to `out`.
void base64_encode(std::string& out, const void* data, size_t size);
/// Number of bytes that `text` stands for, or -1 when its length or its padding is wrong.
int64_t base64_decoded_size(std::string_view text);
/// Writes base64_decoded_size(text) bytes to `out`; false when a character is foreign or unused bits are set.
bool base64_decode(std::string_view text, uint8_t* out);

}  // namespace tare
