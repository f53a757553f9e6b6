// A text that Debian has.
#pragma once

#include <cstdio>
#include <string>

#include "core/error.h"

/// The King James Bible of the packages bible-kjv and bible-kjv-text, its first `limit` bytes: a verse a line, without its number. Throws
/// FileError where they are not installed.
inline std::string bible_text(size_t limit = std::string::npos) {
  std::FILE* in = popen("bible -f gen1:1-rev22:21 2>/dev/null", "r");
  std::string text, line;
  for (int c; in && text.size() < limit && (c = std::fgetc(in)) != EOF;) {
    line += char(c);
    if (c != '\n') continue;
    text += line.substr(line.find(' ') + 1);  // "Ge1:1 In the beginning ..."
    line.clear();
  }
  if (in) pclose(in);
  tare::check<tare::FileError>(text.size() >= 10000, "the program `bible` is missing: apt-get install bible-kjv bible-kjv-text");
  return text.substr(0, limit);
}
