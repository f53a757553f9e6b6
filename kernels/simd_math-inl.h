// Elementary functions of float vectors, for every target that Highway compiles: included by the .cpp files with vector kernels.
//
// Each function reduces its argument to a short interval, evaluates a polynomial fitted there (minimax, Horner form) and
// undoes the reduction. Errors are measured against double precision in tests/kernels/simd_math_test.cpp. There are no
// branches: both sides of a condition are computed and one is selected, which costs less than a misprediction.
//
// Vectors of 16 floats (AVX-512) allow more: a table of 16 entries fits one register and vpermps looks it up for about the price of a
// fused multiply-add, on other ports. So the argument's interval is cut into 16 cells with a polynomial of low degree each, instead of one
// high degree, a division or an exponential: exp, tanh, erf and gelu have such a second form below.

// Highway compiles this file once for each target, so the usual guard toggles instead of closing for good.
#if defined(TARE_KERNELS_SIMD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TARE_KERNELS_SIMD_MATH_INL_H
#undef TARE_KERNELS_SIMD_MATH_INL_H
#else
#define TARE_KERNELS_SIMD_MATH_INL_H
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/simd_tables.h"

HWY_BEFORE_NAMESPACE();
namespace tare::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLog2E = 1.44269504089f;
// ln 2 in two parts; n * kLn2Hi is exact for |n| < 2^9.
constexpr float kLn2Hi = 0.693359375f, kLn2Lo = -2.12194440e-4f;

/// A polynomial from its coefficients, highest power first, as even(x^2) + x odd(x^2): the two halves are independent Horner chains,
/// which matters more than the multiplication it costs, for a chain of fused multiply-adds takes four cycles a link.
template <class D, class V, size_t N>
HWY_INLINE V Polynomial(D d, V x, const float (&c)[N]) {
  const V x2 = hn::Mul(x, x);
  V leading = hn::Set(d, c[0]), other = hn::Set(d, c[1]);
  for (size_t i = 2; i < N; i++) {
    V& chain = i % 2 ? other : leading;
    chain = hn::MulAdd(chain, x2, hn::Set(d, c[i]));
  }
  return N % 2 ? hn::MulAdd(other, x, leading) : hn::MulAdd(leading, x, other);
}

// Adding 1.5 * 2^23 leaves round(v) in the low bits of the sum, for |v| < 2^22.
constexpr float kRoundingShift = 12582912.0f;

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
#define TARE_TABLES_IN_REGISTERS 1
/// table[index mod 16] in each lane: the bits above are ignored, so index may be the bits of a float just as they are.
template <class D, class DI = hn::RebindToSigned<D>>
HWY_INLINE hn::Vec<D> LookUp(D, const float (&table)[16], hn::Vec<DI> index) {
  return hn::Vec<D>{_mm512_permutexvar_ps(index.raw, _mm512_load_ps(table))};
}
template <class D, class DI = hn::RebindToSigned<D>>
HWY_INLINE hn::Vec<DI> LookUp(D, const int32_t (&table)[16], hn::Vec<DI> index) {
  return hn::Vec<DI>{_mm512_permutexvar_epi32(index.raw, _mm512_load_si512(table))};
}

/// The polynomial of each lane's cell without its constant, divided by r: rows 1 to N - 2 of a table. In Horner form, for these loops are
/// bound by the number of operations, not by the length of a chain.
template <class D, class V, size_t N, class Index>
HWY_INLINE V CellSlope(D d, V r, const float (&cells)[N][16], Index index) {
  V y = LookUp(d, cells[1], index);
  for (size_t i = 2; i + 1 < N; i++) y = hn::MulAdd(y, r, LookUp(d, cells[i], index));
  return y;
}
/// A function from its table of cells with centres.
template <class D, class V, size_t N, class Index>
HWY_INLINE V FromCells(D d, V x, const float (&cells)[N][16], Index index) {
  const V r = hn::Sub(x, LookUp(d, cells[0], index));
  return hn::MulAdd(CellSlope(d, r, cells, index), r, LookUp(d, cells[N - 1], index));
}
#else
#define TARE_TABLES_IN_REGISTERS 0
#endif

#if TARE_TABLES_IN_REGISTERS
/// x = n ln 2 + r with n a multiple of 1/16, so that e^x = 2^n e^r and |r| <= ln(2) / 32, where (e^r - 1) / r of degree 2 is within 2e-9.
/// Adding 1.5 * 2^19 leaves 16 n in the low bits of the sum `shifted`: the lowest four choose 2^(j / 16), the others are the exponent.
template <class D, class V>
HWY_INLINE V ReduceSixteenths(D d, V x, V& shifted, V& n) {
  const V shift = hn::Set(d, kRoundingShift / 16);
  shifted = hn::MulAdd(x, hn::Set(d, kLog2E), shift);
  n = hn::Sub(shifted, shift);
  return hn::NegMulAdd(n, hn::Set(d, kLn2Lo), hn::NegMulAdd(n, hn::Set(d, kLn2Hi), x));
}
template <class D, class V>
HWY_INLINE V ExpSlope(D d, V r) {
  return hn::MulAdd(hn::MulAdd(r, hn::Set(d, 0.166668847f), hn::Set(d, 0.500016212f)), r, hn::Set(d, 1.0f));
}

/// e^x for x <= 88, where results below 2^-126 may become 0: for softmax and other sums of exponentials. 8 multiply-adds and 4 other
/// operations, against 11 and 4 of the polynomial of degree 6.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpFlush(D d, V x) {
  const hn::RebindToSigned<D> di;
  V shifted, n;
  const V r = ReduceSixteenths(d, x, shifted, n);
  const auto bits = hn::BitCast(di, shifted);
  const V power = hn::BitCast(d, hn::Add(LookUp(d, kExp2Bits, bits), hn::ShiftLeft<19>(bits)));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.3f)), hn::MulAdd(hn::Mul(power, r), ExpSlope(d, r), power));
}

/// e^x everywhere. What the table's rounding lost goes into the product with r. scalef multiplies by 2^floor(n), rounds to denormal numbers
/// and overflows as it should.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  V shifted, n;
  const V r = ReduceSixteenths(d, hn::Max(hn::Set(d, -105.0f), hn::Min(hn::Set(d, 89.0f), x)), shifted, n);  // in this order NaN stays
  const auto index = hn::BitCast(hn::RebindToSigned<D>(), shifted);
  const V power = LookUp(d, kExp2, index);
  const V y = hn::MulAdd(hn::MulAdd(power, r, LookUp(d, kExp2Rest, index)), ExpSlope(d, r), power);
  return V{_mm512_scalef_ps(y.raw, n.raw)};
}
#endif

/// (e^r - 1 - r) / r^2 on |r| <= ln(2) / 2, so that e^r is within 3e-9.
template <class D, class V>
HWY_INLINE V ExpTail(D d, V r) {
  return Polynomial(d, r, {1.381453825e-3f, 8.368745446e-3f, 4.166838899e-2f, 1.666652113e-1f, 4.999999404e-1f});
}

#if !TARE_TABLES_IN_REGISTERS
/// e^x for x <= 88, where results below 2^-126 may become 0: for softmax and other sums of exponentials.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpFlush(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V shifted = hn::MulAdd(x, hn::Set(d, kLog2E), hn::Set(d, kRoundingShift));
  const V n = hn::Sub(shifted, hn::Set(d, kRoundingShift));
  const V r = hn::NegMulAdd(n, hn::Set(d, kLn2Lo), hn::NegMulAdd(n, hn::Set(d, kLn2Hi), x));
  const V y = hn::Add(hn::MulAdd(ExpTail(d, r), hn::Mul(r, r), r), hn::Set(d, 1.0f));
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::BitCast(di, shifted), hn::Set(di, 127))));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.3f)), hn::Mul(y, scale));
}

/// e^x everywhere: x = n ln 2 + r, e^x = 2^n e^r, with 2^n as a product of two so that denormal results come out right.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V shifted = hn::MulAdd(x, hn::Set(d, kLog2E), hn::Set(d, kRoundingShift));
  const V n = hn::Sub(shifted, hn::Set(d, kRoundingShift));
  const V r = hn::NegMulAdd(n, hn::Set(d, kLn2Lo), hn::NegMulAdd(n, hn::Set(d, kLn2Hi), x));
  V y = hn::Add(hn::MulAdd(ExpTail(d, r), hn::Mul(r, r), r), hn::Set(d, 1.0f));
  const auto whole = hn::Sub(hn::BitCast(di, shifted), hn::Set(di, 0x4B400000));  // n as integers
  const auto half = hn::ShiftRight<1>(whole);
  y = hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, hn::Set(di, 127)))));
  y = hn::Mul(y, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(whole, half), hn::Set(di, 127)))));
  y = hn::IfThenElse(hn::Gt(x, hn::Set(d, 89.0f)), hn::Set(d, kInfinity), y);
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -104.5f)), y);
}

#endif

/// e^x - 1: with p = e^r - 1 and x = n ln 2 + r it is 2^n p + (2^n - 1). r keeps the bits its rounding lost, so that p is good to half
/// a unit.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Expm1(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V clamped = hn::Max(hn::Set(d, -20.0f), hn::Min(hn::Set(d, 89.0f), x));
  const V shifted = hn::MulAdd(clamped, hn::Set(d, kLog2E), hn::Set(d, kRoundingShift));
  const V n = hn::Sub(shifted, hn::Set(d, kRoundingShift));
  const V high = hn::NegMulAdd(n, hn::Set(d, kLn2Hi), clamped), low = hn::Mul(n, hn::Set(d, kLn2Lo));
  const V r = hn::Sub(high, low), lost = hn::Sub(hn::Sub(high, r), low);
  const V p = hn::Add(r, hn::MulAdd(ExpTail(d, r), hn::Mul(r, r), lost));
  // Everything by half of 2^n, because 2^128 is not a float; exact but for results beyond the largest one.
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::BitCast(di, shifted), hn::Set(di, 126))));
  const V y = hn::MulAdd(scale, p, hn::Sub(scale, hn::Set(d, 0.5f)));
  // Below 2^-25 the answer is x itself, its sign and denormals included; NaN takes this way as well.
  return hn::IfThenElse(hn::Ge(hn::Abs(x), hn::Set(d, 0x1p-25f)), hn::Add(y, y), x);
}

/// log x: x = 2^e m with m in [sqrt(1/2), sqrt(2)), log x = e ln 2 + log(1 + (m - 1)).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Log(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto denormal = hn::Lt(x, hn::Set(d, 0x1p-126f));
  const V normal = hn::IfThenElse(denormal, hn::Mul(x, hn::Set(d, 0x1p23f)), x);
  // Subtracting the bits of sqrt(1/2) puts the split of exponent and mantissa at sqrt(1/2) instead of 1.
  const auto bits = hn::Sub(hn::BitCast(di, normal), hn::Set(di, 0x3F3504F3));
  const auto exponent = hn::ShiftRight<23>(bits);
  const V m = hn::BitCast(d, hn::Add(hn::And(bits, hn::Set(di, 0x007FFFFF)), hn::Set(di, 0x3F3504F3)));
  const V e = hn::Sub(hn::ConvertTo(d, exponent), hn::IfThenElseZero(denormal, hn::Set(d, 23.0f)));
  const V r = hn::Sub(m, hn::Set(d, 1.0f)), r2 = hn::Mul(r, r);
  V tail = Polynomial(d, r, {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                      2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f});
  tail = hn::MulAdd(e, hn::Set(d, kLn2Lo), hn::Mul(hn::Mul(tail, r), r2));
  tail = hn::NegMulAdd(hn::Set(d, 0.5f), r2, tail);
  V y = hn::MulAdd(e, hn::Set(d, kLn2Hi), hn::Add(r, tail));
  // 0 gives -inf, inf itself; negative numbers and NaN give NaN.
  y = hn::IfThenElse(hn::Lt(x, hn::Set(d, kInfinity)), y, x);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Set(d, -kInfinity), y);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, std::numeric_limits<float>::quiet_NaN()), y);
}

/// log(1 + x): u = 1 + x rounded, corrected by what the rounding lost: log u + (x - (u - 1)) / u.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Log1p(D d, V x) {
  const V one = hn::Set(d, 1.0f), u = hn::Add(one, x);
  const V correction = hn::Div(hn::Sub(x, hn::Sub(u, one)), u);
  const auto regular = hn::And(hn::Gt(u, hn::Zero(d)), hn::Lt(u, hn::Set(d, kInfinity)));
  const V y = hn::Add(Log(d, u), hn::IfThenElseZero(regular, correction));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-25f)), x, y);
}

#if TARE_TABLES_IN_REGISTERS
/// tanh in cells that widen with |x|, for the function flattens: with u = |x| + 0.625 a quarter of u's power of two each. 9.3 is as good as
/// infinity.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  const V a = hn::Min(hn::Set(d, 9.3f), hn::Abs(x));  // keeps NaN
  const auto index = hn::ShiftRight<21>(hn::BitCast(hn::RebindToSigned<D>(), hn::Add(a, hn::Set(d, 0.625f))));
  return hn::CopySignToAbs(FromCells(d, a, kTanh, index), x);
}
#else
/// tanh: an odd polynomial up to 0.625, beyond 1 - 2 / (e^2|x| + 1), which cancels nothing there.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  const V a = hn::Abs(x), x2 = hn::Mul(x, x);
  const V p = Polynomial(d, x2, {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f});
  const V near = hn::MulAdd(hn::Mul(p, x2), x, x);
  // Min gives its second argument for NaN on x86; elsewhere NaN is brought back by the last line.
  const V e = ExpFlush(d, hn::Min(hn::Set(d, 40.0f), hn::Add(a, a)));
  const V far = hn::Sub(hn::Set(d, 1.0f), hn::Div(hn::Set(d, 2.0f), hn::Add(e, hn::Set(d, 1.0f))));
  return hn::CopySign(hn::IfThenElse(hn::Ge(a, hn::Set(d, 0.625f)), far, near), x);
}

#endif

/// 1 / (1 + e^-x) as e^min(x, 0) / (1 + e^-|x|), which neither overflows nor cancels.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f), e = Exp(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

/// sigmoid(x) and 1 - sigmoid(x), both without cancellation.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SigmoidPair(D d, V x, V& complement) {
  const V one = hn::Set(d, 1.0f), e = Exp(d, hn::Neg(hn::Abs(x)));
  const V large = hn::Div(one, hn::Add(one, e)), small = hn::Mul(e, large);
  const auto negative = hn::Lt(x, hn::Zero(d));
  complement = hn::IfThenElse(negative, large, small);
  return hn::IfThenElse(negative, small, large);
}

/// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Softplus(D d, V x) {
  const V positive = hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);  // keeps NaN
  return hn::Add(positive, Log1p(d, Exp(d, hn::Neg(hn::Abs(x)))));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogSigmoid(D d, V x) {
  return hn::Neg(Softplus(d, hn::Neg(x)));
}

#if TARE_TABLES_IN_REGISTERS
/// erf in cells of 1/4. In the first the polynomial is that of erf x - x: a slope near 2 / sqrt(pi), rounded to float and rounded again in
/// the product, would cost a unit.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erf(D d, V x) {
  const V a = hn::Min(hn::Set(d, 3.874f), hn::Abs(x));
  const auto index = hn::BitCast(hn::RebindToSigned<D>(), hn::Add(a, hn::Set(d, kRoundingShift / 4)));
  const V r = hn::Sub(a, LookUp(d, kErf[0], index)), constant = LookUp(d, kErf[6], index);
  const V y = hn::MulAdd(CellSlope(d, r, kErf, index), r, hn::IfThenElse(hn::Eq(constant, hn::Zero(d)), r, constant));
  return hn::CopySignToAbs(y, x);
}
#else
/// erf: x + x P(x^2) up to 0.9277, beyond 1 - e^Q(|x|) (after N. Juffa).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erf(D d, V x) {
  const V a = hn::Abs(x), x2 = hn::Mul(x, x);
  const V p = Polynomial(d, x2, {-5.96761703e-4f, 4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f, -3.76125336e-1f, 1.28379166e-1f});
  const V near = hn::MulAdd(p, x, x);
  const V t = hn::Min(hn::Set(d, 4.0f), a);
  const V q = Polynomial(d, t, {-1.72853470e-5f, 3.83197126e-4f, -3.88396438e-3f, 2.42546219e-2f, -1.06777877e-1f, -6.34846687e-1f,
                         -1.28717512e-1f});
  const V far = hn::Sub(hn::Set(d, 1.0f), ExpFlush(d, hn::MulSub(q, t, t)));
  return hn::IfThenElse(hn::Ge(a, hn::Set(d, 0.927734375f)), hn::CopySign(far, x), near);
}

#endif

/// e^(-a^2/2), 0 below 2^-126, to about a unit, with a^2 in two floats (with fused multiply-add; otherwise the second is about 0), so that the
/// relative error stays small in the tail: with w = a^2 - 2 n ln 2 it is 2^-n e^(-w/2), the latter by the polynomial of e^r in powers of w.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V HalfSquareExp(D d, V a) {
  const hn::RebindToSigned<D> di;
  const V square = hn::Mul(a, a), low = hn::MulSub(a, a, square);
  const V shifted = hn::MulAdd(square, hn::Set(d, 0.5f * kLog2E), hn::Set(d, kRoundingShift));
  const V n = hn::Sub(shifted, hn::Set(d, kRoundingShift));
  const V w = hn::Add(hn::NegMulAdd(n, hn::Set(d, 2 * kLn2Lo), hn::NegMulAdd(n, hn::Set(d, 2 * kLn2Hi), square)), low);
  const V slope = Polynomial(d, w, {1.381453825e-3f / 64, -8.368745446e-3f / 32, 4.166838899e-2f / 16, -1.666652113e-1f / 8, 4.999999404e-1f / 4, -0.5f});
  const V y = hn::MulAdd(slope, w, hn::Set(d, 1.0f));
  const V scaled = hn::BitCast(d, hn::Sub(hn::BitCast(di, y), hn::ShiftLeft<23>(hn::BitCast(di, shifted))));
  return hn::IfThenZeroElse(hn::Gt(square, hn::Set(d, 174.6f)), scaled);
}

/// Phi(-a) and e^(-a^2/2) for a >= 0: with q = 1 / (1 + 0.27 a), Phi(-a) = e^(-a^2/2) q G(q), and G is smooth enough for degree 8
/// (fitted on [0, 14.6], 2.4e-8).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NormalTail(D d, V a, V& density) {
  density = HalfSquareExp(d, a);
  const V q = hn::Div(hn::Set(d, 1.0f), hn::MulAdd(hn::Set(d, 0.27f), a, hn::Set(d, 1.0f)));
  const V g = Polynomial(d, q, {0.0289688221f, -0.126524665f, 0.169869288f, -0.0693096903f, 0.10789697f, 0.0720177694f, 0.101819174f, 0.107541607f,
                                0.107720735f});
  return hn::Mul(density, hn::Mul(q, g));
}

#if TARE_TABLES_IN_REGISTERS
/// The cells for gelu narrow in the ratio in which Phi(-a) falls more steeply: about 1 / (2 a + 4.5). One multiply-add finds them.
constexpr float kGeluNear = 5.93f;
template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> GeluCell(D d, V a) {
  return hn::BitCast(hn::RebindToSigned<D>(), hn::MulAdd(a, hn::Add(a, hn::Set(d, 4.5f)), hn::Set(d, kRoundingShift * 4)));
}

/// x Phi(x) = max(x, 0) - |x| Phi(-|x|). The square root of Phi(-a) varies over half as many powers of two, which saves two degrees of the
/// polynomial for one product: 8 multiply-adds, 7 permutations, 6 others. Below -5.93, where hardly any number is, the tail is computed as
/// on other processors, but only if the vector has such a lane; every lane gets the same bits either way. Above, Phi(-5.93) vanishes against x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Gelu(D d, V x) {
  const V a = hn::Abs(x), near = hn::Min(hn::Set(d, kGeluNear), a);
  const V root = FromCells(d, near, kGeluRoot, GeluCell(d, near));
  V y = hn::NegMulAdd(hn::Mul(near, root), root, hn::Max(hn::Zero(d), x));  // Max in this order keeps NaN and -0
  const auto far = hn::Lt(x, hn::Set(d, -kGeluNear));
  if (HWY_UNLIKELY(!hn::AllFalse(d, far))) {
    V density;
    y = hn::IfThenElse(far, hn::Mul(x, NormalTail(d, a, density)), y);
  }
  return y;
}
/// d/dx x Phi(x) = Phi(x) + x phi(x), which is s at -a and 1 - s at a.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluSlope(D d, V x) {
  const V a = hn::Abs(x), near = hn::Min(hn::Set(d, kGeluNear), a);
  const V s = FromCells(d, near, kGeluSlope, GeluCell(d, near));
  V y = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), s, hn::Sub(hn::Set(d, 1.0f), s));
  const auto far = hn::Lt(x, hn::Set(d, -kGeluNear));
  if (HWY_UNLIKELY(!hn::AllFalse(d, far))) {
    V density;
    const V tail = NormalTail(d, a, density);
    y = hn::IfThenElse(far, hn::MulAdd(x, hn::Mul(density, hn::Set(d, 0.398942280f)), tail), y);
  }
  return y;
}
#else
/// x Phi(x), Phi the normal distribution function: x - x Phi(-x) for positive x and x Phi(x) for negative, in one formula.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Gelu(D d, V x) {
  V density;
  const V a = hn::Abs(x), tail = NormalTail(d, a, density);
  // At infinity Phi is 1, and the product of inf and 0 must not enter.
  return hn::IfThenElse(hn::Eq(x, hn::Set(d, kInfinity)), x, hn::NegMulAdd(a, tail, hn::Max(x, hn::Zero(d))));
}
/// d/dx x Phi(x) = Phi(x) + x phi(x).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluSlope(D d, V x) {
  V density;
  const V tail = NormalTail(d, hn::Abs(x), density);
  const V phi = hn::Mul(density, hn::Set(d, 0.398942280f));
  return hn::MulAdd(x, phi, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 1.0f), tail)));
}

#endif

/// 2 u with u = sqrt(2 / pi) (x + 0.044715 x^3): (1 + tanh u) / 2 = sigmoid(2 u).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluTanhArgument(D d, V x, V x2) {
  return hn::Mul(x, hn::MulAdd(x2, hn::Set(d, 0.0713548162726f), hn::Set(d, 1.59576912161f)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluTanh(D d, V x) {
  return hn::Mul(x, Sigmoid(d, GeluTanhArgument(d, x, hn::Mul(x, x))));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluTanhSlope(D d, V x) {
  V complement;
  const V x2 = hn::Mul(x, x), s = SigmoidPair(d, GeluTanhArgument(d, x, x2), complement);
  const V slope = hn::MulAdd(x2, hn::Set(d, 3 * 0.0713548162726f), hn::Set(d, 1.59576912161f));
  return hn::MulAdd(hn::Mul(x, slope), hn::Mul(s, complement), s);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Silu(D d, V x) {
  return hn::Mul(x, Sigmoid(d, x));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SiluSlope(D d, V x) {
  V complement;
  const V s = SigmoidPair(d, x, complement);
  return hn::Mul(s, hn::MulAdd(x, complement, hn::Set(d, 1.0f)));
}

/// sin(x + turns * pi / 2) for |x| <= kSinLimit: x = n pi / 2 + r, then sin r or cos r by n mod 4. pi / 2 is taken off in three
/// parts, whose products with n must not be rounded: for targets with fused multiply-add only.
constexpr float kSinLimit = 1e5f;
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SinOrCos(D d, V x, int32_t turns) {
  const hn::RebindToSigned<D> di;
  const V shifted = hn::MulAdd(x, hn::Set(d, 0.636619772f), hn::Set(d, kRoundingShift));
  const V n = hn::Sub(shifted, hn::Set(d, kRoundingShift));
  V r = hn::NegMulAdd(n, hn::Set(d, 1.57079601e+00f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 3.13916473e-07f), r);
  r = hn::NegMulAdd(n, hn::Set(d, 5.39030253e-15f), r);
  const V r2 = hn::Mul(r, r);
  const V sine = hn::CopySign(hn::MulAdd(hn::Mul(r2, r), Polynomial(d, r2, {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f}), r), r);
  const V cosine =
      hn::MulAdd(r2, Polynomial(d, r2, {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f, -0.5f}), hn::Set(d, 1.0f));
  const auto quadrant = hn::Add(hn::BitCast(di, shifted), hn::Set(di, turns));
  const auto odd = hn::Eq(hn::And(quadrant, hn::Set(di, 1)), hn::Set(di, 1));
  const V y = hn::IfThenElse(hn::RebindMask(d, odd), cosine, sine);
  return hn::Xor(y, hn::BitCast(d, hn::ShiftLeft<30>(hn::And(quadrant, hn::Set(di, 2)))));
}

#undef TARE_TABLES_IN_REGISTERS
}  // namespace tare::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggling guard
