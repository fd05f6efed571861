// Makes a script that fails smaller, until nothing can be left out any more.
#pragma once

#include <functional>

#include "tests/differential/script.h"

namespace zookernel::differential {

// `fails` runs a script and says whether it still shows what is looked for; it is called at most
// `runs_max` times. Returns the smallest script found, which failed when it was run.
[[nodiscard]] Script shrink(Script script, const std::function<bool(const Script&)>& fails,
                            size_t runs_max);

}  // namespace zookernel::differential
