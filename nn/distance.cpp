#include "nn/distance.h"

#include "autograd/ops/matmul.h"

namespace tare::nn {

void CosineSimilarityOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("eps", eps);
}
void PairwiseDistanceOptions::visit(Visitor& v) {
  v.option("p", p);
  v.option("eps", eps);
  v.option("keepdim", keepdim);
}

CosineSimilarity::CosineSimilarity(Options o) : options(o) {}
Tensor CosineSimilarity::forward(const Tensor& x1, const Tensor& x2) { return cosine_similarity(x1, x2, options.dim, options.eps); }

PairwiseDistance::PairwiseDistance(Options o) : options(o) {}
Tensor PairwiseDistance::forward(const Tensor& x1, const Tensor& x2) { return pairwise_distance(x1, x2, options.p, options.eps, options.keepdim); }

template class Layer<CosineSimilarity>;
template class Layer<PairwiseDistance>;

}  // namespace tare::nn
