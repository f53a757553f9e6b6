#include "tests/source_dir.h"

std::string source_dir() { return TARE_SOURCE_DIR; }
