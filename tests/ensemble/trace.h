// What happened in a run: a number that stands for all of it, to compare two runs, and lines for
// people.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "zookernel/bytes.h"

namespace zookernel::ensemble {

class Trace {
 public:
  explicit Trace(bool print) : print_(print) {}

  [[nodiscard]] uint64_t digest() const { return digest_; }
  [[nodiscard]] bool printing() const { return print_; }

  void mix(uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001b3ull; }
  void mix(Bytes bytes) {
    mix(bytes.size());
    // The head of a packet says what it is; bodies repeat in many of them.
    for (const char byte : bytes.substr(0, 24)) mix(static_cast<unsigned char>(byte));
  }
  void line(int64_t now_us, int server, const std::string& text) {
    if (print_)
      std::printf("%12.6f  s%d  %s\n", static_cast<double>(now_us) / 1e6, server, text.c_str());
  }

 private:
  const bool print_;
  uint64_t digest_ = 0xcbf29ce484222325ull;
};

}  // namespace zookernel::ensemble
