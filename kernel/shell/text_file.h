// Small files of the operator's: zoo.cfg, dynamic configuration, myid.
#pragma once

#include <string>

#include "zookernel/result.h"

namespace zookernel::shell {

// The whole content of a regular file (or a pipe) of at most `bytes_max` bytes. Errors name the
// path, the reason and what to do.
Result<std::string> read_text_file(const std::string& path, size_t bytes_max);

// "open PATH: permission denied (...)" with advice for the errno values that an operator can do
// something about.
Error system_error(const std::string& doing, const std::string& path, int error);

}  // namespace zookernel::shell
