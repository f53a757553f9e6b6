#include "core/crc32.h"

#include <zlib.h>

#include <cstdio>

namespace tare {

uint32_t crc32(uint32_t crc, const void* data, size_t size) {
  if (size == 0) return crc;  // zlib takes a null pointer as a request for the initial value
  return static_cast<uint32_t>(::crc32_z(crc, static_cast<const Bytef*>(data), size));
}

std::string crc32_text(uint32_t crc) {
  char buffer[9];
  std::snprintf(buffer, sizeof buffer, "%08x", static_cast<unsigned>(crc));
  return buffer;
}

}  // namespace tare
