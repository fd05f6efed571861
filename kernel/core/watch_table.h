// One-shot watches of connections on paths. Source: WatchManager, DataTree.
//
// Two lists: data (getData, exists) and child (getChildren). A connection watches a path at most
// once in each list. Orders are those of registration, so equal histories fire equally.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "zookernel/bytes.h"
#include "zookernel/ids.h"

namespace zookernel::core {

enum class WatchList : uint8_t { kData, kChild };

// Lets maps keyed by std::string be asked with borrowed bytes.
struct StringHash {
  using is_transparent = void;
  size_t operator()(Bytes bytes) const noexcept { return std::hash<Bytes>{}(bytes); }
};

class WatchTable {
 public:
  void add(ConnId conn, Bytes path, WatchList list);
  // Takes the watches of a path away and appends their connections to `fired`.
  void take(Bytes path, WatchList list, std::vector<ConnId>& fired);
  void remove_connection(ConnId conn);
  [[nodiscard]] bool has(ConnId conn, Bytes path, WatchList list) const;

  struct Totals {
    size_t connections = 0, paths = 0, watches = 0;
  };
  [[nodiscard]] Totals totals(WatchList list) const;
  // Every data watch as (path, connection), ascending by path.
  [[nodiscard]] std::vector<std::pair<Bytes, ConnId>> data_watches() const;

 private:
  using PathSet = std::unordered_set<std::string, StringHash, std::equal_to<>>;
  struct Lists {
    std::unordered_map<std::string, std::vector<ConnId>, StringHash, std::equal_to<>> by_path;
    std::unordered_map<ConnId, PathSet> by_connection;
    size_t watches = 0;
  };
  Lists& lists(WatchList list) { return list == WatchList::kData ? data_ : child_; }
  const Lists& lists(WatchList list) const { return list == WatchList::kData ? data_ : child_; }
  static void remove_connection(ConnId conn, Lists& lists);

  Lists data_, child_;
};

}  // namespace zookernel::core
