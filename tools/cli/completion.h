// What the tabulator key offers. Pure, but for the children that it asks for.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zookernel::cli {

// The names of a node's children; empty when they cannot be had.
using ListChildren = std::function<std::vector<std::string>(const std::string& path)>;

struct Completion {
  std::string insert;                   // to be added at the cursor; may be empty
  std::vector<std::string> candidates;  // sorted; more than one: the user has to choose
};

// `line` is what stands before the cursor. Completed are
//   - the first word: names of commands
//   - a word that begins with "-": options of the command
//   - a word that begins with "/", or with a quote and "/": paths of znodes
// A word that is complete gets a blank, and its quote. A name with blanks is offered only where the
// word began with a quote, since it would fall apart otherwise.
[[nodiscard]] Completion complete(std::string_view line, const ListChildren& list_children);

}  // namespace zookernel::cli
