#include "tools/cli/list_text.h"

namespace zookernel::cli {

std::string list_text(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) {
    if (text.size() > 1) text += ", ";
    text += name;
  }
  return text + "]";
}

}  // namespace zookernel::cli
