#include "optim/factored.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "optim/measure.h"

namespace tare::optim {
namespace {

template <class T>
void average_means(T* average, const std::vector<double>& sums, int64_t numbers, double beta) {
  for (size_t i = 0; i < sums.size(); i++) average[i] = T(beta * double(average[i]) + (1 - beta) * (sums[i] / double(numbers)));
}

void fitting(Tensor& t, const Shape& shape, DType dtype) {
  if (!t.defined()) t = zeros_raw(shape, dtype);
  check<StateError>(t.shape() == shape && t.dtype() == dtype, "a factored second moment is ", t, " where ", shape, " was expected; was it saved for another model?");
}

}  // namespace

void FactoredMoment::average(const Swept& sums, const Tensor& w, double beta) const {
  Shape rows = w.shape(), columns = w.shape();
  rows[w.dim() - 1] = 1, columns[w.dim() - 2] = 1;
  fitting(row, rows, w.dtype()), fitting(col, columns, w.dtype());
  dispatch_floating("FactoredMoment", w.dtype(), [&]<class T>() {
    average_means(row.mutable_data<T>(), sums.rows, w.size(-1), beta);
    average_means(col.mutable_data<T>(), sums.columns, w.size(-2), beta);
  });
}

template <class T>
InverseRoot<T>::InverseRoot(const FactoredMoment& moment, double least_mean) : rows(size_t(moment.row.numel())), columns(size_t(moment.col.numel())) {
  const T *r = moment.row.data<T>(), *c = moment.col.data<T>();
  size_t height = rows.empty() ? 1 : size_t(moment.row.size(-2));
  for (size_t begin = 0; begin < rows.size(); begin += height) {
    double mean = 0;
    for (size_t i = begin; i < begin + height; i++) mean += double(r[i]) / double(height);
    for (size_t i = begin; i < begin + height; i++) rows[i] = std::sqrt(std::max(mean, least_mean) / double(r[i]));
  }
  for (size_t j = 0; j < columns.size(); j++) columns[j] = T(1 / std::sqrt(double(c[j])));
}

double rms_clip(double total, int64_t numbers, double threshold) {
  return 1 / std::max(1.0, std::sqrt(total / double(std::max<int64_t>(1, numbers))) / threshold);
}
Tensor clipped_by_rms(const Tensor& u, double threshold) { return u / std::max(1.0, rms_of(u) / threshold); }

template struct InverseRoot<float>;
template struct InverseRoot<double>;

}  // namespace tare::optim
