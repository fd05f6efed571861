// What admin words may see of the world outside the core: configuration, environment, disk usage
// and metrics.
#pragma once

#include <cstdint>
#include <string>

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
  // uptime counts. `membership` is the text of the ensemble's members, if there is one. [startup]
  void serve_from(Storage& storage, uint16_t client_port, std::string membership, int64_t now_ms);

  void visit(const char* table, ZookernelRowVisitor visitor, void* context) override;
  void reset_metrics() override { metrics_.reset(); }

 private:
  class Rows;

  void config_rows(Rows& rows) const;
  void ensemble_rows(Rows& rows) const;
  void environment_rows(Rows& rows) const;
  void server_rows(Rows& rows) const;
  void metrics_rows(Rows& rows) const;
  [[nodiscard]] DiskUsage usage() const;

  const Config& config_;
  MetricsRegistry& metrics_;
  Storage* storage_ = nullptr;
  int32_t client_port_ = -1;
  std::string membership_;
  int64_t started_ms_ = 0;  // mono
};

}  // namespace zookernel::shell
