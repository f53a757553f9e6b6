#include "nn/norm/channels.h"

namespace tare::nn {

void check_norm_options(std::string_view type, int64_t num_features, double eps) {
  check<ConfigError>(num_features >= 1, type, ": num_features must be at least 1, not ", num_features);
  check<ConfigError>(eps >= 0, type, ": eps must be at least 0, not ", eps);
}

void check_groups(std::string_view type, int64_t channels, int64_t groups) {
  check<ConfigError>(groups >= 1 && channels % groups == 0, type, ": ", channels, " channels cannot be split into ", groups, " equal groups");
}

void check_channels(std::string_view type, const Tensor& x, int64_t num_features, int lowest, int highest) {
  bool fits = x.dim() >= lowest && x.dim() <= highest && x.shape()[1] == num_features;
  if (fits) return;
  std::string ranks = lowest == highest ? text(lowest) : text(lowest, " to ", highest);
  throw ShapeError(text(type, ": expected an input (N, ", num_features, ", ...) of ", ranks, " dimensions (num_features = ", num_features,
                        ") but the input is ", x.shape()));
}

void check_last(std::string_view type, const Tensor& x, int64_t num_features) {
  check<ShapeError>(x.dim() >= 1 && x.shape().back() == num_features, type, ": expected the last dimension of the input to be ", num_features,
                    " (num_features) but the input is ", x.shape());
}

int64_t values_per_channel(const Tensor& x) { return x.shape()[1] == 0 ? 0 : x.numel() / x.shape()[1]; }

void check_batch_statistics(std::string_view type, const Tensor& x) {
  check<ValueError>(values_per_channel(x) > 1, type, ": expected more than 1 value per channel when training, but the input is ", x.shape(),
                    "; use a larger batch, or eval()");
}

}  // namespace tare::nn
