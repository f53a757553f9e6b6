// The one visible table of experiments. Each stands in a file of its own, in a namespace named after its slug, so that no two disagree about a name.
#include "examples/papers/catalogue.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"

namespace tare::papers {

namespace cinc_flow { void run(Experiment& e); }

namespace {

const Paper kPapers[] = {
    {"cinc_flow", "CInC Flow: Characterizable Invertible 3x3 Convolution (Nagar, Dufraisse, Varma, 2021, arXiv:2107.01358)",
     "One convolution padded on two sides is invertible, fits what a 1 x 1 convolution cannot, and needs the time of one, not of a pair.", cinc_flow::run},
};

}  // namespace

std::span<const Paper> catalogue() { return kPapers; }

const Paper& find_paper(std::string_view slug) {
  std::vector<std::string_view> names;
  std::string near;
  for (const Paper& p : kPapers) {
    if (p.slug == slug) return p;
    names.push_back(p.slug);
    if (slug.size() >= 3 && p.slug.find(slug) != std::string_view::npos) near += text(near.empty() ? "" : ", ", p.slug);
  }
  if (near.empty()) near = nearest(slug, names.data(), names.size());
  throw ConfigError(text("there is no experiment \"", slug, "\"", near.empty() ? "; tare papers list tells what there is" : text("; did you mean ", near, "?")));
}

}  // namespace tare::papers
