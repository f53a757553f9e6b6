// Elementwise optimizers: the update of one number, fused over all parameters.
//
// Such a method is written as a rule over single numbers. A rule holds the constants of one parameter's loop, made once a step in
// double precision (step count, bias corrections); calling it is the equation:
//
//   template <class T>
//   struct TigerRule {
//     static constexpr auto tensors = std::tuple{&MomentState::exp_avg};  // what state it reads and writes; zeros at first
//     Ema<T> average;
//     T lr, decay;
//     TigerRule(MomentState& s, const TigerOptions& o) : average(o.beta), lr(T(o.lr)), decay(T(1 - o.lr * o.weight_decay)) { s.step++; }
//     void operator()(T& w, T g, T& m) const {
//       m = average(m, g);
//       w = decay * w - lr * sign_of(m);
//     }
//   };
//   void Tiger::apply(Step& s) { fuse<TigerRule>(s, *this); }
//
// The loop reads and writes each number once: for Adam 4 reads and 3 writes of 4 bytes, 28 bytes a parameter, and the memory's
// speed is the limit. All parameters are cut into pieces of kPiece numbers and run in one parallel loop.
//
// - `static void first_state(State&, const Options&, const Tensor& w)`, when there is one, makes states that do not start as zeros.
// - The constructor may take a `const Here&` after the options (the tensors themselves, for norms) and what fuse was given as `extra`.
// - A rule that returns a number, or a std::array of them, has them summed over each parameter in double precision, in an order that
//   does not depend on threads; fuse returns these sums by parameter. Methods that need a norm of something before they can step are
//   two rules.
// - Rules of several passes run in_parts: tensor by tensor, so that a pass finds in the cache what the one before it read. Rows and columns: optim/sweep.h.
// - A choice that is the same for all numbers is a factor (0 or 1) or a template parameter: a condition on a bool member keeps larger loops from being vectorised.
// - The second of two rules says `static constexpr bool gradient_was_checked = true`, and does not look at it again.
// - A gradient that is not finite is an error naming the parameter; no such number enters a parameter or a state.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <tuple>
#include <utility>

#include "autograd/tape.h"
#include "core/cpu.h"
#include "optim/method.h"

namespace tare::optim {

/// One parameter as a rule's constructor may see it.
struct Here {
  size_t index;
  const Tensor& w;
  const Tensor& g;  ///< contiguous
};

/// keep * old + (1 - keep) * x.
template <class T>
struct Ema {
  T keep, fresh;
  explicit Ema(double beta) : keep(T(beta)), fresh(T(1 - beta)) {}
  T operator()(T old, T x) const { return keep * old + fresh * x; }
};

/// Weight decay: decoupled w <- (1 - lr weight_decay) w, otherwise L2, g <- g + weight_decay w.
template <class T>
struct Decay {
  T shrink = 1, l2 = 0;
  Decay() = default;
  Decay(double lr, double weight_decay, bool decoupled) : shrink(decoupled ? T(1 - lr * weight_decay) : T(1)), l2(decoupled ? T(0) : T(weight_decay)) {}
  void operator()(T& w, T& g) const {
    w *= shrink;
    g += l2 * w;
  }
};

/// 1 - beta^t: what an average of t terms that began at zero lacks.
inline double correction(double beta, double t) { return 1 - std::pow(beta, t); }

/// One of two tuples of states, chosen at compile time: for states that an option switches on.
template <bool kFirst, class A, class B>
constexpr auto choose(A first, B second) {
  if constexpr (kFirst) return first;
  else return second;
}

template <class T>
T sign_of(T x) {
  return T((x > 0) - (x < 0));
}
template <class T>
T clip(T x, T lo, T hi) {
  T above = lo > x ? lo : x;  // one instruction each where vectorised; NaN stays
  return hi < above ? hi : above;
}

namespace detail {

inline constexpr size_t kMostStates = 8, kMostSums = 6;

/// Runs a rule over `n` numbers; adds what it returns to `sums`. False when it stopped before a number of g that is not finite, which it
/// looks for unless g was `checked`.
using PieceLoop = bool (*)(const void* rule, bool checked, void* w, const void* g, void* const* state, int64_t n, double* sums);

struct FusedParameter {
  size_t index;
  PieceLoop loop;
  const void* rule;
  void* w;
  Tensor g;  // contiguous, and kept alive
  bool checked;  // g is known to be finite
  std::array<void*, kMostStates> state{};
};

/// The parallel loop over all pieces. `sums` numbers a parameter are written to totals[index * sums], in order of Step.
void run_fused(const Step& s, std::string_view who, const std::vector<FusedParameter>& work, size_t sums, double* totals);
/// `t`, made of zeros like w when it is still undefined. Throws StateError when a loaded state does not fit w.
void* ready(std::string_view who, Tensor& t, const Tensor& w);

template <class R>
struct SumsOf {
  static constexpr size_t count = std::is_void_v<R> ? 0 : 1;
};
template <class T, size_t N>
struct SumsOf<std::array<T, N>> {
  static constexpr size_t count = N;
};

template <class Rule, class T, size_t... K>
constexpr auto result_of(std::index_sequence<K...>) {
  return std::type_identity<decltype(std::declval<const Rule&>()(std::declval<T&>(), T{}, std::declval<std::array<T, sizeof...(K) + 1>&>()[K]...))>{};
}

/// Numbers looked at, then updated, at a time. All arrays should flow through the cache together: looking through 2048 gradients before
/// touching the other arrays lets their streams run dry in turn and costs Adam a quarter of its speed; 64 are too short a loop.
inline constexpr int64_t kChunk = 256;

/// Whether all exponents are below the one of Inf and NaN. On bits: a loop over integers vectorises.
template <class T>
[[gnu::always_inline]] inline bool all_finite(const T* g, int64_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr Bits kExponent = sizeof(T) == 4 ? Bits(0x7f800000u) : Bits(0x7ff0000000000000u);
  Bits bad = 0;
  for (int64_t i = 0; i < n; i++) bad |= Bits((std::bit_cast<Bits>(g[i]) & kExponent) == kExponent);
  return bad == 0;
}

// Every array is written by nobody else: no run-time overlap checks (compilers give up at ten pairs of arrays, which five arrays have).
template <class Rule, class T, size_t... K>
[[gnu::always_inline]] inline void chunk_loop(const Rule& rule, T* __restrict w, const T* __restrict g, int64_t n, auto& lanes, std::index_sequence<K...>, auto* __restrict... k) {
  constexpr size_t kSums = std::tuple_size_v<std::remove_cvref_t<decltype(lanes)>>;
  if constexpr (kSums == 0) {
    TARE_INDEPENDENT
    for (int64_t i = 0; i < n; i++) rule(w[i], g[i], k[i]...);
  } else {
    // Two loops, each of which vectorises: what the rule returns, then eight running sums of it, independent chains combined in a fixed order.
    T found[kSums][kChunk];
    TARE_INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
      auto r = rule(w[i], g[i], k[i]...);
      if constexpr (std::is_same_v<decltype(r), T>) found[0][i] = r;
      else
        for (size_t j = 0; j < kSums; j++) found[j][i] = r[j];
    }
    for (size_t j = 0; j < kSums; j++) {
      constexpr int64_t kLanes = std::tuple_size_v<std::remove_cvref_t<decltype(lanes[0])>>;
      int64_t i = 0;
      for (; i + kLanes <= n; i += kLanes)
        for (int64_t lane = 0; lane < kLanes; lane++) lanes[j][size_t(lane)] += double(found[j][i + lane]);
      for (; i < n; i++) lanes[j][0] += double(found[j][i]);
    }
  }
}

template <class Rule, class T, size_t... K>
[[gnu::always_inline]] inline bool rule_loop(const Rule rule, bool checked, T* w, const T* g, void* const* state, int64_t n, double* sums, std::index_sequence<K...> all) {
  constexpr size_t kSums = SumsOf<typename decltype(result_of<Rule, T>(all))::type>::count;
  std::array<std::array<double, 8>, kSums> lanes{};
  (void)state;
  for (int64_t at = 0; at < n; at += kChunk) {
    int64_t count = n - at < kChunk ? n - at : kChunk;
    if (!checked && !all_finite(g + at, count)) return false;
    chunk_loop<Rule, T>(rule, w + at, g + at, count, lanes, all, (static_cast<T*>(state[K]) + at)...);
  }
  for (size_t j = 0; j < kSums; j++)
    for (double lane : lanes[j]) sums[j] += lane;
  return true;
}

template <class Rule, class T, size_t... K>
bool piece_loop(const void* rule, bool checked, void* w, const void* g, void* const* state, int64_t n, double* sums) {
  return rule_loop<Rule, T>(*static_cast<const Rule*>(rule), checked, static_cast<T*>(w), static_cast<const T*>(g), state, n, sums, std::index_sequence<K...>{});
}

/// The same in wide vectors: a square root and a quotient a number cost more than its memory traffic in short ones. Doubles, of which a
/// vector holds half as many and memory must move twice the bytes, are not worth their code.
template <class Rule, class T, size_t... K>
TARE_WIDE bool wide_piece_loop(const void* rule, bool checked, void* w, const void* g, void* const* state, int64_t n, double* sums) {
  return rule_loop<Rule, T>(*static_cast<const Rule*>(rule), checked, static_cast<T*>(w), static_cast<const T*>(g), state, n, sums, std::index_sequence<K...>{});
}

template <class Rule, class T, size_t... K>
PieceLoop best_loop(std::index_sequence<K...>) {
  if constexpr (std::is_same_v<T, float>)
    if (has_wide_vectors()) return &wide_piece_loop<Rule, T, K...>;
  return &piece_loop<Rule, T, K...>;
}

template <class Rule, class T, class M, class... Extra>
void add_parameter(Step& s, M& m, size_t i, std::vector<Rule>& rules, std::vector<FusedParameter>& work, const Extra&... extra) {
  constexpr size_t kStates = std::tuple_size_v<std::remove_cvref_t<decltype(Rule::tensors)>>;
  static_assert(kStates <= kMostStates);
  const Tensor& w = s.param(i);
  auto& state = m.state(i);
  const auto& options = m.options(s.groups[i]);
  FusedParameter p{.index = i, .loop = nullptr, .rule = nullptr, .w = w.mutable_raw(), .g = contiguous_gradient(s, i), .checked = requires { Rule::gradient_was_checked; }};
  if constexpr (requires { Rule::first_state(state, options, w); }) Rule::first_state(state, options, w);
  size_t slot = 0;
  std::apply([&](auto... member) { ((p.state[slot++] = ready(M::type, state.*member, w)), ...); }, Rule::tensors);
  (void)slot;
  Here here{i, w, p.g};
  if constexpr (std::is_constructible_v<Rule, decltype(state), decltype(options), const Here&, const Extra&...>) rules.emplace_back(state, options, here, extra...);
  else rules.emplace_back(state, options, extra...);
  p.rule = &rules.back();
  p.loop = best_loop<Rule, T>(std::make_index_sequence<kStates>{});
  work.push_back(std::move(p));
}

}  // namespace detail

/// Steps, by Rule, every parameter that has a gradient and whose group's options (and index, where it asks for it) `takes` accepts. Rules that return numbers: their sums
/// over each parameter, zeros for those not stepped.
template <template <class> class Rule, class M, class Takes, class... Extra>
auto fuse_where(Step& s, M& m, Takes takes, const Extra&... extra) {
  using States = std::remove_cvref_t<decltype(Rule<float>::tensors)>;
  using Result = typename decltype(detail::result_of<Rule<float>, float>(std::make_index_sequence<std::tuple_size_v<States>>{}))::type;
  constexpr size_t kSums = detail::SumsOf<Result>::count;
  static_assert(kSums <= detail::kMostSums);
  std::vector<Rule<float>> rules32;
  std::vector<Rule<double>> rules64;
  std::vector<detail::FusedParameter> work;
  rules32.reserve(s.size()), rules64.reserve(s.size()), work.reserve(s.size());  // addresses stay
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    if constexpr (std::is_invocable_v<Takes&, decltype(m.options(0)), size_t>) {
      if (!takes(m.options(s.groups[i]), i)) continue;
    } else {
      if (!takes(m.options(s.groups[i]))) continue;
    }
    if (s.param(i).dtype() == DType::float32) detail::add_parameter<Rule<float>, float>(s, m, i, rules32, work, extra...);
    else detail::add_parameter<Rule<double>, double>(s, m, i, rules64, work, extra...);
  }
  if constexpr (kSums == 0) {
    detail::run_fused(s, M::type, work, 0, nullptr);
  } else {
    std::vector<std::array<double, kSums>> totals(s.size(), std::array<double, kSums>{});
    detail::run_fused(s, M::type, work, kSums, totals[0].data());
    return totals;
  }
}

/// f(part) for steps of a few parameters each, whose gradients are there and the others' not, as each_parameter does it (optim/method.h): the passes of a method that makes
/// several over each tensor then meet its numbers in the cache.
void in_parts(const Step& s, const std::function<void(Step& part)>& f);

/// fuse_where for every parameter that has a gradient.
template <template <class> class Rule, class M, class... Extra>
auto fuse(Step& s, M& m, const Extra&... extra) {
  return fuse_where<Rule>(s, m, [](auto&) { return true; }, extra...);
}

}  // namespace tare::optim
