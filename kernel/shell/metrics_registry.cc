#include "kernel/shell/metrics_registry.h"

#include <cmath>

#include "kernel/shell/metrics_names.h"
#include "zookernel/assert.h"

namespace zookernel::shell {
namespace {

// Apache rounds averages to four decimals.
double average(const Summary& summary) {
  const int64_t count = summary.count();
  if (count == 0) return 0.0;
  return std::round(static_cast<double>(summary.sum()) / static_cast<double>(count) * 10000.0) /
         10000.0;
}

void visit_basic(const std::string& name, const Summary& summary,
                 const MetricsRegistry::Visitor& visitor) {
  visitor.real("avg_" + name, average(summary));
  visitor.integer("min_" + name, summary.min());
  visitor.integer("max_" + name, summary.max());
  visitor.integer("cnt_" + name, summary.count());
  visitor.integer("sum_" + name, summary.sum());
}

}  // namespace

MetricsRegistry::MetricsRegistry() {
  for (const std::string_view name : gauge_names()) place_of(name, Kind::kGauge);
  for (const std::string_view name : counter_names()) place_of(name, Kind::kCounter);
  for (const std::string_view name : basic_summary_names()) place_of(name, Kind::kBasicSummary);
  for (const std::string_view name : advanced_summary_names())
    place_of(name, Kind::kAdvancedSummary);
}

MetricsRegistry::Place MetricsRegistry::place_of(std::string_view name, Kind otherwise) {
  const std::lock_guard lock(mutex_);
  const auto at = places_.find(name);
  if (at != places_.end()) return at->second;
  Place place{otherwise, 0};
  switch (otherwise) {
    case Kind::kGauge:
      place.index = gauges_.size();
      gauges_.emplace_back(name);
      break;
    case Kind::kCounter:
      place.index = counters_.size();
      counters_.emplace_back(name);
      break;
    case Kind::kBasicSummary:
      place.index = basic_.size();
      basic_.emplace_back(name);
      break;
    case Kind::kAdvancedSummary:
      place.index = advanced_.size();
      advanced_.emplace_back(name);
      break;
  }
  places_.emplace(name, place);
  return place;
}

Counter& MetricsRegistry::counter(std::string_view name) {
  const Place place = place_of(name, Kind::kCounter);
  ZOOKERNEL_ASSERT(place.kind == Kind::kCounter);
  const std::lock_guard lock(mutex_);
  return counters_[place.index].handle;
}

Gauge& MetricsRegistry::gauge(std::string_view name) {
  const Place place = place_of(name, Kind::kGauge);
  ZOOKERNEL_ASSERT(place.kind == Kind::kGauge);
  const std::lock_guard lock(mutex_);
  return gauges_[place.index].handle;
}

Summary& MetricsRegistry::summary(std::string_view name) {
  const Place place =
      place_of(name, has_percentiles(name) ? Kind::kAdvancedSummary : Kind::kBasicSummary);
  ZOOKERNEL_ASSERT(place.kind == Kind::kBasicSummary || place.kind == Kind::kAdvancedSummary);
  const std::lock_guard lock(mutex_);
  return (place.kind == Kind::kBasicSummary ? basic_ : advanced_)[place.index].handle;
}

void MetricsRegistry::visit(const Visitor& visitor) const {
  const std::lock_guard lock(mutex_);
  for (const auto& each : gauges_) visitor.integer(each.name, each.handle.value());
  for (const auto& each : counters_) visitor.integer(each.name, each.handle.value());
  for (const auto& each : basic_) visit_basic(each.name, each.handle, visitor);
  for (const auto& each : advanced_) {
    visit_basic(each.name, each.handle, visitor);
    visitor.integer("p50_" + each.name, each.handle.percentile(0.5));
    visitor.integer("p95_" + each.name, each.handle.percentile(0.95));
    visitor.integer("p99_" + each.name, each.handle.percentile(0.99));
    visitor.integer("p999_" + each.name, each.handle.percentile(0.999));
  }
}

void MetricsRegistry::reset() {
  const std::lock_guard lock(mutex_);
  for (auto& each : counters_) each.handle.reset();
  for (auto& each : basic_) each.handle.reset();
  for (auto& each : advanced_) each.handle.reset();
}

}  // namespace zookernel::shell
