// Java class names in an Apache zoo.cfg, and what they mean here. An unchanged zoo.cfg must start
// this server, so the names of ZooKeeper's own classes map to abilities of ours; other classes
// cannot run here and are answered the way Java answers a class that it cannot find.
#pragma once

#include <string>
#include <string_view>

namespace zookernel::shell {

struct JavaName {
  enum class Verdict {
    kNotAClass,  // the key does not take class names
    kBuiltIn,    // present anyway: nothing to do
    kPlugin,     // load `plugin`; when its file is absent and `optional`, log `message` and go on
    kIgnored,    // log `message` (empty: nothing) and go on
    kRefused,    // `message`, and the process ends with `exit_code`
  };
  Verdict verdict = Verdict::kNotAClass;
  std::string plugin;  // name of ours
  bool optional = false;
  std::string message;  // a whole sentence that names key and value
  int exit_code = 0;    // Apache's
};

// What `key=value` asks for. `key` is the zoo.cfg spelling, without "zookeeper.":
//   authProvider.ANY           ZooKeeper's schemes, or a plugin of ours: authProvider.token=token
//   serverCnxnFactory          both of ZooKeeper's are our transport
//   metricsProvider.className  default, prometheus or null: `plugin` is that word
//   watchManagerName           both are our watch table
//   audit.impl.class, *.context.supplier.class
JavaName map_java_name(std::string_view key, std::string_view value);

}  // namespace zookernel::shell
