// Errors: one exception type per cause, and one helper that writes the message.
//
// A message names the call, what it was given, what it expected and how to mend it:
//   LayerNorm: expected the last dimensions of the input to be [128] but the input is [32, 64]
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tare {

/// Everything tare throws derives from this.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct ShapeError : Error { using Error::Error; };   ///< shapes that do not fit together
struct DTypeError : Error { using Error::Error; };   ///< an element type an operation does not take
struct IndexError : Error { using Error::Error; };   ///< an index, axis or label out of range
struct ValueError : Error { using Error::Error; };   ///< a number outside its domain (negative size, probability 2)
struct ConfigError : Error { using Error::Error; };  ///< options, JSON keys, type names
struct FileError : Error { using Error::Error; };    ///< anything wrong with a file
struct GradError : Error { using Error::Error; };    ///< misuse of the tape
struct LinAlgError : Error { using Error::Error; };  ///< singular, not positive definite, did not converge
struct StateError : Error { using Error::Error; };   ///< an object used in a state that does not allow it (retired leaf, foreign state)

namespace detail {
void append(std::string& out, std::string_view s);
void append(std::string& out, const char* s);
void append(std::string& out, const std::string& s);
void append(std::string& out, char c);
void append(std::string& out, bool b);
void append(std::string& out, int v);
void append(std::string& out, unsigned v);
void append(std::string& out, long v);
void append(std::string& out, unsigned long v);
void append(std::string& out, long long v);
void append(std::string& out, unsigned long long v);
void append(std::string& out, float v);
void append(std::string& out, double v);  // shortest form that reads back exactly
}  // namespace detail

/// Joins its arguments into one string; anything with an `append(std::string&, const T&)` found by ADL may take part.
template <class... Args>
std::string text(const Args&... args) {
  using detail::append;
  std::string out;
  (append(out, args), ...);
  return out;
}

namespace detail {
template <class E, class... Args>
[[noreturn, gnu::noinline, gnu::cold]] void fail(const Args&... args) {
  throw E(text(args...));
}
}  // namespace detail

/// Throws E with the joined message unless `ok`; the message is only built on failure.
template <class E, class... Args>
[[gnu::always_inline]] inline void check(bool ok, const Args&... args) {
  if (!ok) [[unlikely]] detail::fail<E>(args...);
}

/// The candidate nearest to `name` by edit distance, or "" when none is near: for "did you mean" in messages.
std::string nearest(std::string_view name, const std::string_view* candidates, size_t count);

}  // namespace tare
