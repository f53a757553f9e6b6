// Where the source tree lies, for tests that read it. In a file of its own so that the path is part of no other object.
#pragma once

#include <string>

std::string source_dir();
