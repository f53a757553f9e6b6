// CRC-32 (the one of zlib, gzip and PNG): finds cut and flipped bits in files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tare {

/// Continues `crc` (0 to begin with) over `size` more bytes.
uint32_t crc32(uint32_t crc, const void* data, size_t size);
/// Eight hexadecimal digits, the way checksums stand in JSON.
std::string crc32_text(uint32_t crc);

}  // namespace tare
