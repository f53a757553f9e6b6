// Elementwise optimizers: the update of one number, fused over all parameters.
//
// Such a method is written as a rule over single numbers:
//
//   template <class T> struct Constants { T lr, beta1, ...; };               // what one parameter's loop needs
//   template <class T> static Constants<T> constants(State&, const Options&)  // once a step, in double: step count, bias corrections
//   template <class T> static void update(const Constants<T>& c, T& w, T g, T& m, T& v)  // the equation
//   static constexpr auto tensors = std::tuple{&State::exp_avg, &State::exp_avg_sq};     // where m and v live; zero at first
//
// and the loop here reads and writes each number once: for Adam 4 reads and 3 writes of 4 bytes, 28 bytes a parameter, and the
// memory's speed is the limit. All parameters are cut into pieces of kPiece numbers and run in one parallel loop.
#pragma once

#include <tuple>
#include <utility>

#include "autograd/tape.h"
#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "optim/method.h"

namespace tare::optim {

/// Numbers a piece of the parallel loop covers: about 20 us of work, small enough to balance, large enough to cost nothing.
inline constexpr int64_t kPiece = 32768;

namespace detail {

template <class T, size_t K>
struct Piece {
  T* w;
  const T* g;
  T* state[K ? K : 1];
  int64_t count;
  size_t constants;
};

template <class T>
T* ready(Tensor& t, const Tensor& w) {
  if (!t.defined()) t = zeros_raw(w.shape(), w.dtype());
  return t.mutable_data<T>();
}

// Every array is written by nobody else, so the compiler may vectorise without run-time overlap checks.
template <class Rule, class T, size_t... K>
void fused_loop(const typename Rule::template Constants<T> c, T* __restrict w, const T* __restrict g, T* const* state, int64_t n,
                std::index_sequence<K...>) {
  if constexpr (sizeof...(K) == 0) {
    (void)state;
    for (int64_t i = 0; i < n; i++) Rule::template update<T>(c, w[i], g[i]);
  } else {
    [&](auto* __restrict... k) {
      for (int64_t i = 0; i < n; i++) Rule::template update<T>(c, w[i], g[i], k[i]...);
    }(state[K]...);
  }
}

template <class Rule, class T, class StateOf, class OptionsOf, class Takes>
void fuse_dtype(Step& s, DType dtype, StateOf state_of, OptionsOf options_of, Takes takes) {
  constexpr size_t kTensors = std::tuple_size_v<std::remove_cvref_t<decltype(Rule::tensors)>>;
  std::vector<typename Rule::template Constants<T>> constants;
  std::vector<Piece<T, kTensors>> pieces;
  Tensors keep;  // contiguous copies of strided gradients live until the loop is done
  int64_t total = 0;
  for (size_t i = 0; i < s.size(); i++) {
    const Tensor& w = s.param(i);
    if (!s.grads[i].defined() || w.dtype() != dtype || !takes(options_of(s.groups[i]))) continue;
    Tensor g = kernels::contiguous(s.grads[i]);
    keep.push_back(g);
    auto& state = state_of(i);
    write_guard("step", w);
    Piece<T, kTensors> whole{w.mutable_data<T>(), g.template data<T>(), {}, 0, constants.size()};
    size_t slot = 0;
    std::apply([&](auto... member) { ((whole.state[slot++] = ready<T>(state.*member, w)), ...); }, Rule::tensors);
    (void)slot;
    constants.push_back(Rule::template constants<T>(state, options_of(s.groups[i])));
    int64_t n = w.numel();
    total += n;
    for (int64_t at = 0; at < n; at += kPiece) {
      Piece<T, kTensors> part = whole;
      part.w += at, part.g += at;
      for (size_t k = 0; k < kTensors; k++) part.state[k] += at;
      part.count = std::min(kPiece, n - at);
      pieces.push_back(part);
    }
  }
  // Small models: serial work beats waking a thread.
  int64_t together = total <= kPiece ? int64_t(pieces.size()) : 1;
  parallel_for(int64_t(pieces.size()), together, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) {
      const auto& piece = pieces[size_t(p)];
      fused_loop<Rule, T>(constants[piece.constants], piece.w, piece.g, piece.state, piece.count, std::make_index_sequence<kTensors>{});
    }
  });
}

}  // namespace detail

/// Steps, by Rule, every parameter that has a gradient and whose group's options `takes` accepts. `state_of(i)` gives the state of
/// parameter i, `options_of(group)` the options of a group.
template <class Rule, class StateOf, class OptionsOf, class Takes>
void fuse(Step& s, StateOf state_of, OptionsOf options_of, Takes takes) {
  detail::fuse_dtype<Rule, float>(s, DType::float32, state_of, options_of, takes);
  detail::fuse_dtype<Rule, double>(s, DType::float64, state_of, options_of, takes);
}

}  // namespace tare::optim
