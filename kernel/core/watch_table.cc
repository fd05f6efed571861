#include "kernel/core/watch_table.h"

#include <algorithm>

namespace zookernel::core {

void WatchTable::add(ConnId conn, Bytes path, WatchList list) {
  Lists& in = lists(list);
  PathSet& watched = in.by_connection[conn];
  if (watched.find(path) != watched.end()) return;
  watched.emplace(path);
  const auto at = in.by_path.find(path);
  if (at == in.by_path.end()) {
    in.by_path.emplace(std::string(path), std::vector<ConnId>{conn});
  } else {
    at->second.push_back(conn);
  }
  ++in.watches;
}

void WatchTable::take(Bytes path, WatchList list, std::vector<ConnId>& fired) {
  Lists& in = lists(list);
  if (in.watches == 0) return;
  const auto at = in.by_path.find(path);
  if (at == in.by_path.end()) return;
  for (const ConnId conn : at->second) {
    const auto watcher = in.by_connection.find(conn);
    watcher->second.erase(watcher->second.find(path));
    if (watcher->second.empty()) in.by_connection.erase(watcher);
    fired.push_back(conn);
  }
  in.watches -= at->second.size();
  in.by_path.erase(at);
}

void WatchTable::remove_connection(ConnId conn) {
  remove_connection(conn, data_);
  remove_connection(conn, child_);
}

void WatchTable::remove_connection(ConnId conn, Lists& lists) {
  const auto watcher = lists.by_connection.find(conn);
  if (watcher == lists.by_connection.end()) return;
  for (const std::string& path : watcher->second) {
    const auto at = lists.by_path.find(path);
    std::vector<ConnId>& watching = at->second;
    watching.erase(std::find(watching.begin(), watching.end(), conn));
    if (watching.empty()) lists.by_path.erase(at);
    --lists.watches;
  }
  lists.by_connection.erase(watcher);
}

bool WatchTable::has(ConnId conn, Bytes path, WatchList list) const {
  const auto watcher = lists(list).by_connection.find(conn);
  return watcher != lists(list).by_connection.end() &&
         watcher->second.find(path) != watcher->second.end();
}

WatchTable::Totals WatchTable::totals(WatchList list) const {
  const Lists& in = lists(list);
  return {in.by_connection.size(), in.by_path.size(), in.watches};
}

std::vector<std::pair<Bytes, ConnId>> WatchTable::data_watches() const {
  std::vector<std::pair<Bytes, ConnId>> all;
  all.reserve(data_.watches);
  for (const auto& [path, watching] : data_.by_path) {
    for (const ConnId conn : watching) all.emplace_back(path, conn);
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace zookernel::core
