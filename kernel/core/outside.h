// What the core does not know but an admin command may ask for: configuration, environment, disk
// usage, the metrics of other threads. The shell implements it; the simulation has an empty one.
#pragma once

#include "zookernel/admin_command.h"

namespace zookernel::core {

class Outside {
 public:
  virtual ~Outside() = default;
  // Visits the rows that the world outside has for `table` ("config", "environment", "metrics",
  // "server"); for "metrics" and "server" the core adds its own. [core]
  virtual void visit(const char* table, ZookernelRowVisitor visitor, void* context) = 0;
  // Counters and summaries begin again: part of what `srst` promises. [core]
  virtual void reset_metrics() = 0;
};

}  // namespace zookernel::core
