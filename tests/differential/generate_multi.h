// Bodies of multi and multiRead by chance, with parts that fail and parts that do not belong there.
#pragma once

#include "tests/differential/generate_request.h"
#include "tests/differential/request_builder.h"

namespace zookernel::differential {

[[nodiscard]] Body any_multi(Random& random, const RequestOptions& options);
[[nodiscard]] Body any_multi_read(Random& random, const RequestOptions& options);

}  // namespace zookernel::differential
