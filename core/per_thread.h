// Counters that every thread adds to without waiting for others.
#pragma once

#include <mutex>
#include <vector>

namespace tare {

/// One T for each thread that asked for its own. None is ever freed, so that all can be read at any time, also those of threads that have
/// ended. T's members are atomics, written by their thread alone: a load and a store, relaxed, cost what plain numbers cost.
template <class T>
class PerThread {
 public:
  static T& mine() {
    thread_local constinit T* p = nullptr;
    if (!p) [[unlikely]] p = add();
    return *p;
  }
  template <class F>
  static void each(F f) {
    std::lock_guard lock(all().mutex);
    for (T* t : all().list) f(*t);
  }

 private:
  struct All {
    std::mutex mutex;
    std::vector<T*> list;
  };
  static All& all() {
    static All* a = new All;
    return *a;
  }
  static T* add() {
    std::lock_guard lock(all().mutex);
    return all().list.emplace_back(new T);
  }
};

}  // namespace tare
