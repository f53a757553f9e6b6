// Elementwise optimizers: the update of one number, fused over all parameters.
//
// Such a method is written as a function of single numbers:
//
//   template <class T> struct Constants { T lr, beta1, ...; };                         // what one parameter's loop needs
//   Constants<T> constants<T>(State& state, const Options& o)                          // step count, bias corrections: once a step
//   template <class T> static void update(const Constants<T>& c, T& w, T g, T& m, T& v)  // the equation
//   static constexpr auto tensors = std::tuple{&State::exp_avg, &State::exp_avg_sq};   // the state m, v come from, zero at first
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

template <class Self, class Options, class State>
class Elementwise : public Method<Self, Options, State> {
 public:
  using Method<Self, Options, State>::Method;

  void apply(Step& s) override {
    run<float>(s, DType::float32);
    run<double>(s, DType::float64);
  }

 private:
  static constexpr size_t kTensors = std::tuple_size_v<std::remove_cvref_t<decltype(Self::tensors)>>;

  template <class T>
  struct Piece {
    T* w;
    const T* g;
    T* state[kTensors ? kTensors : 1];
    int64_t count;
    size_t constants;
  };

  template <class T>
  void run(Step& s, DType dtype) {
    using Constants = typename Self::template Constants<T>;
    std::vector<Constants> constants;
    std::vector<Piece<T>> pieces;
    Tensors keep;  // contiguous copies of odd gradients live until the loop is done
    for (size_t i = 0; i < s.size(); i++) {
      const Tensor& w = s.param(i);
      if (!s.grads[i].defined() || w.dtype() != dtype) continue;
      Tensor g = kernels::contiguous(s.grads[i]);
      keep.push_back(g);
      State& state = this->state(i);
      write_guard(Self::type.data(), w);
      Piece<T> piece{w.mutable_data<T>(), g.template data<T>(), {}, w.numel(), constants.size()};
      size_t slot = 0;
      std::apply([&](auto... member) { ((piece.state[slot++] = ready<T>(state.*member, w)), ...); }, Self::tensors);
      constants.push_back(this->self().template constants<T>(state, this->options(s.groups[i])));
      for (int64_t at = 0; at < w.numel(); at += kPiece) {
        Piece<T> part = piece;
        part.w += at, part.g += at;
        for (size_t k = 0; k < kTensors; k++)
          if (part.state[k]) part.state[k] += at;
        part.count = std::min(kPiece, w.numel() - at);
        pieces.push_back(part);
      }
    }
    // Small models: one piece of serial work beats waking a thread.
    int64_t total = 0;
    for (auto& p : pieces) total += p.count;
    int64_t a_time = total <= kPiece ? int64_t(pieces.size()) : 1;
    parallel_for(int64_t(pieces.size()), a_time, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++) {
        const Piece<T>& piece = pieces[size_t(p)];
        loop<T>(constants[piece.constants], piece, std::make_index_sequence<kTensors>{});
      }
    });
  }

  template <class T>
  static T* ready(Tensor& t, const Tensor& w) {
    if (!t.defined()) t = zeros_raw(w.shape(), w.dtype());
    return t.mutable_data<T>();
  }

  template <class T, size_t... K>
  static void loop(const typename Self::template Constants<T> c, const Piece<T>& piece, std::index_sequence<K...>) {
    T* __restrict w = piece.w;
    const T* __restrict g = piece.g;
    [[maybe_unused]] T* const* state = piece.state;
    const int64_t n = piece.count;
    if constexpr (kTensors == 0) {
      for (int64_t i = 0; i < n; i++) Self::template update<T>(c, w[i], g[i]);
    } else {
      // Every array is written by nobody else: the compiler may vectorise without run-time overlap checks.
#pragma GCC ivdep
      for (int64_t i = 0; i < n; i++) Self::template update<T>(c, w[i], g[i], state[K][i]...);
    }
  }
};

}  // namespace tare::optim
