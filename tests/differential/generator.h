// Scripts from a seed: several sessions on one server that create, read, watch and delete the same
// few nodes, in good requests and bad ones. Equal seeds and options, equal scripts, on every
// platform. Pure; any thread. [any]
#pragma once

#include <cstdint>

#include "tests/differential/generate_request.h"
#include "tests/differential/script.h"

namespace zookernel::differential {

struct GeneratorOptions {
  std::set<int32_t> without;  // opcodes that are not generated
  // With enforced quotas Java judges a write by what is applied at that moment, so writes of one
  // connection must not be under way together.
  bool quotas_enforced = false;
};

[[nodiscard]] Script generate(uint64_t seed, const GeneratorOptions& options);

}  // namespace zookernel::differential
