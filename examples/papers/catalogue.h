// The experiments there are: one a paper.
#pragma once

#include <span>
#include <string_view>

namespace tare::papers {

class Experiment;

struct Paper {
  std::string_view slug;
  std::string_view citation;  ///< title (authors, year, arXiv)
  std::string_view claim;     ///< one sentence
  void (*run)(Experiment& e);
};

/// All rows, sorted by slug.
std::span<const Paper> catalogue();
/// Throws ConfigError naming the slugs that are near.
const Paper& find_paper(std::string_view slug);

}  // namespace tare::papers
