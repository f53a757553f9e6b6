// What the context points to while a model is observed.
#pragma once

#include <string>
#include <unordered_map>

#include "nn/module.h"

namespace tare {

struct Observation {
  std::unordered_map<const nn::Module*, std::string> paths;
  nn::Module::Observer report;
};

}  // namespace tare
