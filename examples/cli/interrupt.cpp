#include "examples/cli/interrupt.h"

#include <csignal>

namespace tare::cli {
namespace {

volatile std::sig_atomic_t asked = 0;

void on_signal(int signal) {
  asked = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptScope::InterruptScope() {
  asked = 0;
  before_int_ = std::signal(SIGINT, on_signal);
  before_term_ = std::signal(SIGTERM, on_signal);
}
InterruptScope::~InterruptScope() {
  std::signal(SIGINT, before_int_);
  std::signal(SIGTERM, before_term_);
}
bool interrupted() { return asked != 0; }

}  // namespace tare::cli
