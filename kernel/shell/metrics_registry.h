// Owns the numbers behind all metrics handles. Every metric of Apache's standalone server is there
// from the start, so that mntr always shows the same lines; others appear when somebody asks for
// them.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "zookernel/metrics.h"

namespace zookernel::shell {

class MetricsRegistry final : public Metrics {
 public:
  MetricsRegistry();

  // [any] One name is one kind: asking for a name as another kind is a bug of ours.
  Counter& counter(std::string_view name) override;
  Gauge& gauge(std::string_view name) override;
  Summary& summary(std::string_view name) override;

  // A number as mntr shows it.
  struct Visitor {
    std::function<void(std::string_view name, int64_t value)> integer;
    std::function<void(std::string_view name, double value)> real;
  };
  // All numbers in mntr's order: gauges, counters, summaries, summaries with percentiles; of each
  // first Apache's, then others in the order of their making. [any]
  void visit(const Visitor& visitor) const;

  // Counters and summaries begin again, as `srst` promises. [any]; an addition at the same moment
  // may survive.
  void reset();

 private:
  enum class Kind : uint8_t { kGauge, kCounter, kBasicSummary, kAdvancedSummary };
  template <typename Handle>
  struct Named {
    explicit Named(std::string_view called) : name(called) {}
    const std::string name;
    Handle handle;
  };
  struct Place {
    Kind kind;
    size_t index;
  };

  Place place_of(std::string_view name, Kind otherwise);

  mutable std::mutex mutex_;  // guards the containers; the numbers guard themselves
  std::map<std::string, Place, std::less<>> places_;
  // Deques: handles stay where they are.
  std::deque<Named<Gauge>> gauges_;
  std::deque<Named<Counter>> counters_;
  std::deque<Named<Summary>> basic_, advanced_;
};

}  // namespace zookernel::shell
