#include "nn/weighting/importance_sampler.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"

namespace tare::nn {

Tensor pada_data_score(const Tensor& logits, const Tensor& targets) {
  check<ShapeError>(logits.dim() == 2 && targets.dim() == 1 && targets.size(0) == logits.size(0), "pada_data_score: expected logits (N, K) and targets (N) but they are ", logits.shape(), " and ",
                    targets.shape());
  NoGrad off;
  return norm(softmax(logits.detach(), 1) - to(one_hot(targets, logits.size(1)), logits.dtype()), 2, {1});
}

Tensor pada_probability(const Tensor& norms, double tau) {
  check<ValueError>(tau >= 0 && tau <= 1, "pada_probability: tau must be in [0, 1], not ", tau);
  check<ShapeError>(norms.dim() == 1 && norms.numel() > 0, "pada_probability: expected norms (N) but they are ", norms.shape());
  check<ValueError>(amin(norms).item() >= 0, "pada_probability: norms must be at least 0, but one is ", amin(norms).item());
  double n = double(norms.numel()), total = sum(norms).item();
  return total > 0 ? norms * (tau / total) + (1 - tau) / n : full_like(norms, 1 / n);
}

Tensor pada_running_mean(const Tensor& previous, const Tensor& indices, const Tensor& scores) {
  check<ShapeError>(previous.dim() == 1 && indices.shape() == scores.shape() && indices.dim() == 1, "pada_running_mean: expected previous (N), indices (M) and scores (M) but they are ",
                    previous.shape(), ", ", indices.shape(), " and ", scores.shape());
  std::vector<double> kept = previous.to_vector<double>(), score = scores.to_vector<double>();
  std::vector<int64_t> index = indices.to_vector<int64_t>();
  for (size_t k = 0; k < index.size(); k++) {
    check<IndexError>(index[k] >= 0 && index[k] < previous.numel(), "pada_running_mean: index ", index[k], " is not one of ", previous.numel(), " samples");
    double& r = kept[size_t(index[k])];
    r = r == 0 ? score[k] : (r + score[k]) / 2;
  }
  return from_vector(kept, previous.shape(), previous.dtype());
}

ImportanceSampler::ImportanceSampler(int64_t size, double t, bool r) : tau(t), reweight(r), kept_(zeros({size}, DType::float64)) {
  check<ValueError>(size >= 1, "ImportanceSampler: size must be at least 1, not ", size);
}
void ImportanceSampler::record(const Tensor& indices, const Tensor& scores) { kept_ = pada_running_mean(kept_, indices, scores); }
Tensor ImportanceSampler::probabilities() const { return pada_probability(kept_, tau); }
Tensor ImportanceSampler::draw(int64_t n, Generator* generator) const { return multinomial(probabilities(), n, true, generator); }
Tensor ImportanceSampler::loss_weights(const Tensor& indices) const {
  if (!reweight) return ones({indices.numel()});
  return to(1.0 / (double(kept_.numel()) * index_select(probabilities(), 0, indices)), default_dtype());
}
void ImportanceSampler::reset() { kept_ = zeros_like(kept_); }

PathSampler::PathSampler(int64_t num_ops, int64_t num_edges, double t) : tau(t), edges_(num_edges), kept_(size_t(std::max<int64_t>(num_ops, 0))) {
  check<ValueError>(num_ops >= 1 && num_edges >= 1, "PathSampler: num_ops and num_edges must be at least 1, not ", num_ops, " and ", num_edges);
}
void PathSampler::record(const Tensor& path, const Tensor& norms) {
  check<ShapeError>(path.shape() == Shape{edges_} && norms.shape() == path.shape(), "PathSampler: expected a path and norms (", edges_, ") but they are ", path.shape(), " and ", norms.shape());
  std::vector<int64_t> ops = path.to_vector<int64_t>();
  std::vector<double> size = norms.to_vector<double>(), total(kept_.size()), uses(kept_.size());
  for (size_t e = 0; e < ops.size(); e++) {
    check<IndexError>(ops[e] >= 0 && ops[e] < int64_t(kept_.size()), "PathSampler: operation ", ops[e], " is not one of ", kept_.size());
    total[size_t(ops[e])] += size[e], uses[size_t(ops[e])]++;
  }
  for (size_t o = 0; o < kept_.size(); o++)
    if (total[o] > 0) kept_[o] = (kept_[o] + total[o] / uses[o]) / 2;
}
Tensor PathSampler::probabilities() const { return pada_probability(from_vector(kept_, {int64_t(kept_.size())}, DType::float64), tau); }
Tensor PathSampler::draw(Generator* generator) const { return multinomial(probabilities(), edges_, true, generator); }
void PathSampler::reset() { kept_.assign(kept_.size(), 0); }

}  // namespace tare::nn
