// What admin words may see of the world outside the core: configuration, environment, disk usage
// and metrics.
#pragma once

#include <cstdint>

#include "kernel/core/outside.h"
#include "kernel/shell/config.h"
#include "kernel/shell/metrics_registry.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

class OutsideView final : public core::Outside {
 public:
  // What is borrowed outlives the view. `storage` may not be there yet: see serve_from().
  OutsideView(const Config& config, MetricsRegistry& metrics)
      : config_(config), metrics_(metrics) {}

  // From now on sizes come from `storage`, the client port is the one that was bound, and the
  // uptime counts. [startup]
  void serve_from(Storage& storage, uint16_t client_port, int64_t now_ms);

  void visit(const char* table, ZookernelRowVisitor visitor, void* context) override;
  void reset_metrics() override { metrics_.reset(); }

 private:
  class Rows;

  void config_rows(Rows& rows) const;
  void environment_rows(Rows& rows) const;
  void server_rows(Rows& rows) const;
  void metrics_rows(Rows& rows) const;
  [[nodiscard]] DiskUsage usage() const;

  const Config& config_;
  MetricsRegistry& metrics_;
  Storage* storage_ = nullptr;
  int32_t client_port_ = -1;
  int64_t started_ms_ = 0;  // mono
};

}  // namespace zookernel::shell
