// The command line of zookernel-load: MODE [DIR] [--name value ...].
#pragma once

#include <sys/types.h>
#include <zookernel/result.h>

#include <cstdint>
#include <span>
#include <string>

#include "tests/bench/socket.h"

namespace zookernel::bench {

struct Options {
  std::string mode;
  std::string directory;  // of fsync
  std::string host = "127.0.0.1";
  uint64_t port = 0;
  uint64_t connections = 50;
  uint64_t depth = 16;
  uint64_t threads = 1;
  uint64_t size = 1024;        // bytes of a value
  uint64_t seconds = 10;       // measured
  uint64_t warmup = 2;         // seconds before
  uint64_t count = 0;          // requests, instead of seconds
  uint64_t sessions = 5000;    // of connect
  uint64_t window = 64;        // connections being opened at a time
  uint64_t nodes = 1'000'000;  // of fill and verify
  uint64_t directories = 1000;
  uint64_t sample = 10'000;  // nodes that verify reads, 0 for all
  uint64_t timeout = 120;    // seconds that first-read waits
  uint64_t server_pid = 0;
  std::string op = "get";  // of latency
  std::string root = "/bench";
  bool shared = false;  // one znode for all connections

  [[nodiscard]] Address address() const { return {host, static_cast<uint16_t>(port)}; }
};

// `arguments` without the program's name. An error names the argument and what is allowed.
[[nodiscard]] Result<Options> parse_options(std::span<const char* const> arguments);

// How to call the program, with defaults.
[[nodiscard]] std::string usage();

}  // namespace zookernel::bench
