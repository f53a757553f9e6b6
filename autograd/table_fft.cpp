// Fourier transforms and digital filters.
#include "autograd/ops/fft.h"
#include "autograd/ops/lfilter.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::transposed;
using samples::with;
using Samples = std::vector<FunctionSample>;

Tensor a(const Shape& s) { return spread(s); }

using AlongOne = Tensor (*)(const Tensor&, std::optional<int64_t>, int64_t, std::string_view);
using AlongSeveral = Tensor (*)(const Tensor&, const Shape&, const Shape&, std::string_view);

template <AlongOne f>
Tensors one(const Inputs& x, Keywords& o) {
  return {f(x[0], o.maybe_integer("n"), o.integer("dim", -1), o.word("norm", "backward"))};
}
template <AlongSeveral f, bool plane>
Tensors several(const Inputs& x, Keywords& o) {
  return {f(x[0], o.shape("s", {}), o.shape("dim", plane ? Shape{-2, -1} : Shape{}), o.word("norm", "backward"))};
}

Samples pairs() {
  return {{{a({4, 2})}}, {{a({3, 2, 2})}, with({{"n", 5}, {"dim", 0}, {"norm", "ortho"}})}, {{a({5, 2})}, with({{"n", 3}, {"norm", "forward"}})}, {{a({0, 3, 2})}}};
}
Samples reals() {
  return {{{a({4})}}, {{transposed({3, 2})}, with({{"n", 5}, {"dim", 0}, {"norm", "ortho"}})}, {{a({2, 5})}, with({{"n", 3}, {"norm", "forward"}})}, {{a({0, 3})}}, {{a({1})}}};
}
Samples planes_of_pairs() { return {{{a({2, 3, 2})}}, {{a({2, 1, 3, 2})}, with({{"s", Json::Array{3, -1}}, {"dim", Json::Array{0, 2}}, {"norm", "ortho"}})}}; }
Samples planes() { return {{{a({2, 3})}}, {{a({2, 1, 3})}, with({{"s", Json::Array{3, 2}}, {"dim", Json::Array{2, 0}}})}}; }
Samples shifts() { return {{{a({2, 3})}}, {{a({4})}, with({{"dim", 0}})}, {{a({0})}}}; }

Tensors call_lfilter(const Inputs& x, Keywords& o) {
  auto [y, zf] = lfilter(x[0], x[1], x[2], x.optional(3), o.word("form", "tdf2"));
  return {y, zf};
}
// Both orders, one row of coefficients for several signals, signals shorter than the state, no feedback.
Samples filters() {
  auto poles = [](const Shape& s) { return spread(s, -0.4, 0.4, 1); };
  return {{{a({2, 3}), poles({2, 2}), a({2, 6}), a({2, 2})}},
          {{a({1, 2}), poles({1, 3}), a({2, 5})}},
          {{a({2, 4}), poles({2, 1}), a({2, 2}), a({2, 3})}},
          {{a({3}), poles({0}), a({1, 4}), a({1, 2})}},
          {{a({1, 1}), poles({1, 0}), a({2, 3}), a({2, 0})}}};
}

const Function kFft[] = {
    {"fft", one<tare::fft>, pairs, Gradient::exact, "The Fourier transform of complex numbers."},
    {"fft2", several<tare::fftn, true>, planes_of_pairs, Gradient::exact, "fft along two axes."},
    {"fftfreq", [](const Inputs&, Keywords& o) -> Tensors { return {fftfreq(o.integer("n"), o.real("d", 1))}; }, nullptr, Gradient::none, "The frequencies of fft's numbers."},
    {"fftn", several<tare::fftn, false>, planes_of_pairs, Gradient::exact, "fft along several axes."},
    {"fftshift", [](const Inputs& x, Keywords& o) -> Tensors { return {fftshift(x[0], o.shape("dim", {}))}; }, shifts, Gradient::exact, "The zero frequency moved to the middle."},
    {"ifft", one<tare::ifft>, pairs, Gradient::exact, "The inverse of fft."},
    {"ifft2", several<tare::ifftn, true>, planes_of_pairs, Gradient::exact, "ifft along two axes."},
    {"ifftn", several<tare::ifftn, false>, planes_of_pairs, Gradient::exact, "ifft along several axes."},
    {"ifftshift", [](const Inputs& x, Keywords& o) -> Tensors { return {ifftshift(x[0], o.shape("dim", {}))}; }, shifts, Gradient::exact, "The inverse of fftshift."},
    {"irfft", one<tare::irfft>, pairs, Gradient::exact, "The inverse of rfft."},
    {"irfft2", several<tare::irfftn, true>, planes_of_pairs, Gradient::exact, "The inverse of rfft2."},
    {"irfftn", several<tare::irfftn, false>, planes_of_pairs, Gradient::exact, "The inverse of rfftn."},
    {"lfilter", call_lfilter, filters, Gradient::exact, "A recursive digital filter of each signal, and its state behind the last sample.", "diff_iir_filter"},
    {"rfft", one<tare::rfft>, reals, Gradient::exact, "The first half of the Fourier transform of real numbers."},
    {"rfft2", several<tare::rfftn, true>, planes, Gradient::exact, "rfft along the last of two axes, fft along the other."},
    {"rfftfreq", [](const Inputs&, Keywords& o) -> Tensors { return {rfftfreq(o.integer("n"), o.real("d", 1))}; }, nullptr, Gradient::none, "The frequencies of rfft's numbers."},
    {"rfftn", several<tare::rfftn, false>, planes, Gradient::exact, "rfft along the last of several axes, fft along the others."},
};

}  // namespace

std::span<const Function> fft() { return kFft; }

}  // namespace tare::tables
