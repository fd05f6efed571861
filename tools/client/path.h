// Paths of znodes as a client checks them before it asks a server, and the chroot of a connect
// string. Pure functions. [any]
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace zookernel::client {

// What is wrong with a path, in the words of Apache's clients; nullopt for a good one. Positions
// count UTF-16 units, as theirs do. Source: PathUtils.validatePath.
[[nodiscard]] std::optional<std::string> path_problem(std::string_view path);

// The path that the server knows. `chroot` is empty or a good path without a slash at its end.
[[nodiscard]] std::string with_chroot(std::string_view chroot, std::string_view path);

// The path that the user knows; a path outside of the chroot is left as it is.
[[nodiscard]] std::string without_chroot(std::string_view chroot, std::string_view path);

// `parent`/`name`, without a doubled slash below the root.
[[nodiscard]] std::string child_path(std::string_view parent, std::string_view name);

}  // namespace zookernel::client
