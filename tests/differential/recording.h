// What one server did during a script, as it came over the wire.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/differential/script.h"

namespace zookernel::differential {

// The nodes that every server has from the beginning, in this order.
inline constexpr const char* kSystemNodes[] = {"/", "/zookeeper", "/zookeeper/quota",
                                               "/zookeeper/config"};
inline constexpr size_t kSystemNodeCount = 4;

// What a server looked like before a script. Stats of the system's nodes and zxids are told
// relative to it, since they remember everything that ever happened.
struct Baseline {
  struct Versions {
    int32_t version = 0;
    int32_t cversion = 0;
    int32_t aversion = 0;
  };

  int64_t zxid = 0;
  Versions system[kSystemNodeCount];
};

// A znode as the walk at the end found it: payloads of the replies to getData and getACL.
struct WalkedNode {
  std::string path;
  std::string data_reply;
  std::string acl_reply;
};

struct Recording {
  enum class End {
    kOpen,     // answered a last ping
    kClosed,   // by the server
    kDropped,  // by the script
    kSilent,   // owed an answer, or its end, and gave none in time
    kRefused,  // no TCP connection
  };
  struct Connection {
    std::vector<const Frame*> requests;  // as sent; the script's
    std::vector<std::string> frames;     // payloads, as received
    End end = End::kOpen;
  };

  Baseline baseline;
  std::map<int32_t, Connection> connections;
  std::map<int64_t, int32_t> sessions;  // id, and the connection that it was given to
  std::vector<WalkedNode> tree;
};

}  // namespace zookernel::differential
