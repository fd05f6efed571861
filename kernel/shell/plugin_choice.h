// Which plugins a configuration asks for, by plugin.* keys, by Java class names, and by default.
#pragma once

#include "kernel/shell/config.h"

namespace zookernel::shell {

// Fills config.plugin_path and config.plugins. Needs config.replicated.
void choose_plugins(Config& config, Problems& problems);

}  // namespace zookernel::shell
