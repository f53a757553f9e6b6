#include "nn/functions.h"

namespace tare::nn {

/// The tables of this floor, each in functions.cpp of the folder it is named after.
namespace tables {
std::span<const Function> flow();
std::span<const Function> attention();
std::span<const Function> diffusion();
std::span<const Function> graph();
std::span<const Function> distill();
std::span<const Function> federated();
std::span<const Function> image();
std::span<const Function> analysis();
std::span<const Function> init();
std::span<const Function> loss();
std::span<const Function> recurrent();
std::span<const Function> reparam();
std::span<const Function> norm();
std::span<const Function> metric();
std::span<const Function> regularize();
std::span<const Function> theory();
std::span<const Function> saliency();
std::span<const Function> weighting();
}  // namespace tables

std::vector<Function> functions() {
  std::vector<Function> all;
  for (auto part : {
           tables::flow(),
           tables::attention(),
           tables::diffusion(),
           tables::graph(),
           tables::distill(),
           tables::federated(),
           tables::image(),
           tables::analysis(),
           tables::init(),
           tables::loss(),
           tables::recurrent(),
           tables::reparam(),
           tables::norm(),
           tables::metric(),
           tables::regularize(),
           tables::theory(),
           tables::saliency(),
           tables::weighting(),
       })
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace tare::nn
