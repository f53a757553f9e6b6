// Ctrl-C asks a run to end after its step, so that it can save first.
#pragma once

namespace tare::cli {

/// Catches SIGINT and SIGTERM while it lives: the first sets interrupted(), the second ends the program at once.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  void (*before_int_)(int);
  void (*before_term_)(int);
};
bool interrupted();

/// What a program that Ctrl-C ended returns.
constexpr int kInterruptedExit = 130;

}  // namespace tare::cli
