// A reference-counted pointer whose count lives in the object.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace tare {

/// Base of everything that is shared by count. `destroy` is a plain function, so that a forward-declared type can be
/// released by code that does not know it (core holds the tape's nodes this way).
struct Counted {
  mutable std::atomic<uint32_t> references{0};
  void (*destroy)(Counted*);
  explicit Counted(void (*d)(Counted*)) : destroy(d) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};

/// Shared pointer to a Counted object; one word.
template <class T>
class Intrusive {
 public:
  Intrusive() = default;
  Intrusive(std::nullptr_t) {}
  explicit Intrusive(T* p) : p_(p) { retain(); }
  Intrusive(const Intrusive& o) : p_(o.p_) { retain(); }
  Intrusive(Intrusive&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  Intrusive& operator=(Intrusive o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  ~Intrusive() { release(); }

  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }
  bool operator==(const Intrusive& o) const { return p_ == o.p_; }
  uint32_t use_count() const { return p_ ? base()->references.load(std::memory_order_relaxed) : 0; }

 private:
  // reinterpret_cast: T may be incomplete here. Every Counted type has Counted as its first base.
  Counted* base() const { return reinterpret_cast<Counted*>(p_); }
  // An object without references is new and one with a single reference is ours: nobody else can count, and neither do we need to
  // with a locked instruction, which takes as long as the rest of the call.
  void retain() {
    if (!p_) return;
    std::atomic<uint32_t>& n = base()->references;
    if (n.load(std::memory_order_relaxed) == 0) n.store(1, std::memory_order_relaxed);
    else n.fetch_add(1, std::memory_order_relaxed);
  }
  void release() {
    if (!p_) return;
    std::atomic<uint32_t>& n = base()->references;
    if (n.load(std::memory_order_acquire) == 1 || n.fetch_sub(1, std::memory_order_acq_rel) == 1) base()->destroy(base());
  }
  T* p_ = nullptr;
};

}  // namespace tare
