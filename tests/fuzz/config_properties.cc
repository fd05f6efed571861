// fuzz-libs: zookernel_shell
// Any bytes as zoo.cfg and as JVM flags: errors are fine, crashes are not.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/shell/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace zookernel::shell;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ConfigSource source;
  source.name = "zoo.cfg";
  const auto properties = parse_properties(text);
  if (properties) source.properties = *properties;
  // No file of this machine is to be read on a fuzzer's word.
  std::erase_if(source.properties, [](const Property& each) {
    return each.key == "dataDir" || each.key == "dynamicConfigFile";
  });
  source.server_flags = std::string(text);
  Problems problems;
  const Config config = read_config(source, problems);
  const std::string keys[] = {"token.secret"};
  const std::string names[] = {"token"};
  check_unknown_keys(config, keys, names, problems);
  for (const Property& each : source.properties) (void)effective_value(config, each.key);
  return 0;
}
