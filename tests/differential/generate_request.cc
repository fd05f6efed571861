#include "tests/differential/generate_request.h"

#include <array>

#include "tests/differential/generate_multi.h"
#include "tests/differential/request_builder.h"
#include "zookernel/bytes.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::differential {

namespace {

using wire::Opcode;

template <typename Pool>
auto pick(Random& random, const Pool& pool) {
  return pool[random.below(pool.size())];
}

struct Weighted {
  Opcode opcode;
  uint32_t weight;
};
constexpr std::array kMix = {Weighted{Opcode::kCreate, 14},
                             Weighted{Opcode::kCreate2, 8},
                             Weighted{Opcode::kCreateContainer, 4},
                             Weighted{Opcode::kCreateTtl, 2},
                             Weighted{Opcode::kDelete, 9},
                             Weighted{Opcode::kSetData, 9},
                             Weighted{Opcode::kSetAcl, 4},
                             Weighted{Opcode::kGetData, 8},
                             Weighted{Opcode::kExists, 8},
                             Weighted{Opcode::kGetAcl, 4},
                             Weighted{Opcode::kGetChildren, 5},
                             Weighted{Opcode::kGetChildren2, 5},
                             Weighted{Opcode::kSync, 2},
                             Weighted{Opcode::kMulti, 9},
                             Weighted{Opcode::kMultiRead, 3},
                             Weighted{Opcode::kPing, 2},
                             Weighted{Opcode::kSetWatches, 3},
                             Weighted{Opcode::kSetWatches2, 3},
                             Weighted{Opcode::kAddWatch, 5},
                             Weighted{Opcode::kRemoveWatches, 4},
                             Weighted{Opcode::kCheckWatches, 3},
                             Weighted{Opcode::kGetEphemerals, 2},
                             Weighted{Opcode::kGetAllChildrenNumber, 2},
                             Weighted{Opcode::kWhoAmI, 1},
                             Weighted{Opcode::kReconfig, 1}};

constexpr uint32_t total_weight() {
  uint32_t total = 0;
  for (const Weighted& row : kMix) total += row.weight;
  return total;
}

Opcode any_opcode(Random& random, const RequestOptions& options) {
  for (;;) {
    uint64_t roll = random.below(total_weight());
    for (const Weighted& row : kMix) {
      if (roll < row.weight) {
        if (options.without.contains(static_cast<int32_t>(row.opcode))) break;
        return row.opcode;
      }
      roll -= row.weight;
    }
  }
}

Text path_for(Random& random, const RequestOptions& options) {
  if (options.quotas && random.chance(1, 8)) return quota_path(random);
  return any_path(random);
}

// The types of removeWatches and checkWatches, mostly those that exist.
int32_t any_watcher_type(Random& random) {
  return static_cast<int32_t>(random.below(7));
}

Body ttl_create(Random& random, const Text& path) {
  static constexpr std::array<int64_t, 6> kTtls = {
      0, 1, 60000, -1, 0xffffffffffll, 0x10000000000ll};
  int32_t flags = any_flags(random);
  int64_t ttl = pick(random, kTtls);
  // Plain flags with a negative ttl end Java's server.
  if (ttl < 0 && flags >= 0 && flags <= 4) ttl = 5;
  return Body()
      .text(path)
      .text(any_data(random, path))
      .acl(any_acl(random))
      .integer(flags)
      .longer(ttl);
}

std::optional<std::vector<Text>> any_paths(Random& random, const RequestOptions& options) {
  if (random.chance(1, 30)) return std::nullopt;
  std::vector<Text> paths(random.below(4));
  for (Text& path : paths) path = path_for(random, options);
  return paths;
}

Body set_watches(Random& random, const RequestOptions& options, int vectors) {
  Body body;
  if (random.chance(2, 3)) {
    body.patched(Patch::Kind::kZxid, static_cast<int32_t>(random.below(60)));
  } else {
    static constexpr std::array<int64_t, 4> kZxids = {0, -1, INT64_MAX, INT64_MIN};
    body.longer(pick(random, kZxids));
  }
  for (int i = 0; i < vectors; ++i) body.texts(any_paths(random, options));
  return body;
}

Body ephemerals_prefix(Random& random) {
  static const std::array<Text, 5> kPrefixes = {Text(), Text(""), Text(" "), Text("/"), Text("/z")};
  return Body().text(random.chance(1, 2) ? pick(random, kPrefixes) : any_path(random));
}

Body reconfig(Random& random) {
  static const std::array<Text, 4> kLists = {Text(), Text(""),
                                             Text("server.1=localhost:1:2:participant"), Text("5")};
  return Body()
      .text(pick(random, kLists))
      .text(pick(random, kLists))
      .text(pick(random, kLists))
      .longer(random.chance(1, 2) ? -1 : 7);
}

Body any_body(Random& random, Opcode opcode, const Text& path, const RequestOptions& options) {
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
      return Body()
          .text(path)
          .text(any_data(random, path))
          .acl(any_acl(random))
          .integer(any_flags(random));
    case Opcode::kCreateContainer: {
      int32_t flags = random.chance(2, 3) ? 4 : any_flags(random);
      // Until it is applied Java takes such a container for an ephemeral of the session.
      if (flags == 1 || flags == 3) flags = 2;
      return Body().text(path).text(any_data(random, path)).acl(any_acl(random)).integer(flags);
    }
    case Opcode::kCreateTtl:
      return ttl_create(random, path);
    case Opcode::kDelete:
      return Body().text(path).integer(any_version(random));
    case Opcode::kSetData:
      return Body().text(path).text(any_data(random, path)).integer(any_version(random));
    case Opcode::kSetAcl:
      return Body().text(path).acl(any_acl(random)).integer(any_version(random));
    case Opcode::kGetData:
    case Opcode::kExists:
    case Opcode::kGetChildren:
    case Opcode::kGetChildren2:
      return Body().text(path).boolean(random.chance(1, 2));
    case Opcode::kGetAcl:
    case Opcode::kSync:
    case Opcode::kGetAllChildrenNumber:
      return Body().text(path);
    case Opcode::kMulti:
      return any_multi(random, options);
    case Opcode::kMultiRead:
      return any_multi_read(random, options);
    case Opcode::kSetWatches:
      return set_watches(random, options, 3);
    case Opcode::kSetWatches2:
      return set_watches(random, options, 5);
    case Opcode::kAddWatch: {
      static constexpr std::array kModes = {0, 0, 0, 1, 1, 1, 2, -1};
      return Body().text(path).integer(pick(random, kModes));
    }
    case Opcode::kRemoveWatches:
    case Opcode::kCheckWatches:
      return Body().text(path).integer(any_watcher_type(random));
    case Opcode::kGetEphemerals:
      return ephemerals_prefix(random);
    case Opcode::kReconfig:
      return reconfig(random);
    default:
      return Body();
  }
}

// Cuts the body short, lengthens it, or changes a byte. What it must not reach: values that end
// Java's server, and nodes of the quota tree, whose text the server reads.
void maybe_damage(Random& random, Frame& frame, Opcode opcode, bool near_quota) {
  if (!random.chance(1, 25)) return;
  constexpr size_t kHeaderBytes = 12;
  size_t body = frame.bytes.size() - kHeaderBytes;
  switch (random.below(3)) {
    case 0:
      frame.bytes.resize(kHeaderBytes + random.below(body + 1));
      std::erase_if(frame.patches,
                    [&](const Patch& p) { return p.offset + 16 > frame.bytes.size(); });
      break;
    case 1:
      frame.bytes += std::string(1 + random.below(12), random.chance(1, 2) ? '\0' : '\xff');
      break;
    default:
      if (body == 0 || near_quota || opcode == Opcode::kCreateTtl ||
          opcode == Opcode::kCreateContainer) {
        return;
      }
      frame.bytes[kHeaderBytes + random.below(body)] ^= static_cast<char>(1 << random.below(8));
      break;
  }
  correct_length(frame);
}

int32_t odd_xid(Random& random, int32_t xid) {
  // Not -1, -4 and -5: by these the answers to other things are told apart.
  static constexpr std::array kXids = {0, -2, -3, -8, INT32_MAX, INT32_MIN};
  return random.chance(1, 30) ? pick(random, kXids) : xid;
}

}  // namespace

Frame any_request(Random& random, int32_t xid, const RequestOptions& options) {
  Opcode opcode = any_opcode(random, options);
  Text path = path_for(random, options);
  Body body = any_body(random, opcode, path, options);
  bool near_quota = body.bytes.find("/zookeeper/quota/") != std::string::npos;
  Frame frame = request_frame(odd_xid(random, xid), static_cast<int32_t>(opcode), std::move(body));
  maybe_damage(random, frame, opcode, near_quota);
  return frame;
}

Frame plain_create(Random& random, int32_t xid) {
  std::string path = good_path(random);
  Body body =
      Body().text(path).text(any_data(random, path)).acl({{{31, "world", "anyone"}}}).integer(0);
  return request_frame(xid, static_cast<int32_t>(Opcode::kCreate), std::move(body));
}

Frame accepted_auth(Random& random) {
  if (random.chance(1, 10)) {
    // Without a configured SASL server any token is answered with a null one.
    return request_frame(kXidSasl, static_cast<int32_t>(Opcode::kSasl), Body().text("token"));
  }
  static const std::array<Text, 6> kLogins = {Text("u1:p1"), Text("u2:p2"),       Text("u1:p1"),
                                              Text("plain"), Text("super:admin"), Text("")};
  bool digest = random.chance(9, 10);
  return request_frame(wire::kXidAuth, static_cast<int32_t>(Opcode::kAuth),
                       Body()
                           .integer(static_cast<int32_t>(random.below(2)))
                           .text(digest ? "digest" : "ip")
                           .text(digest ? pick(random, kLogins) : Text()));
}

Frame fatal_frame(Random& random, int32_t xid) {
  Frame frame;
  switch (random.below(5)) {
    case 0: {
      static const std::array<Text, 7> kBadSchemes = {Text("world"), Text("super"), Text("sasl"),
                                                      Text("x509"),  Text(""),      Text("Digest"),
                                                      Text()};
      return request_frame(wire::kXidAuth, static_cast<int32_t>(Opcode::kAuth),
                           Body().integer(0).text(pick(random, kBadSchemes)).text("u1:p1"));
    }
    case 1: {
      static constexpr std::array kUnknown = {0,  10, 13,  -1,   -2,        24,       23,
                                              50, 99, 108, 1000, INT32_MIN, INT32_MAX};
      return request_frame(xid, pick(random, kUnknown), Body().text("/z"));
    }
    case 2: {
      static constexpr std::array kLengths = {-1, INT32_MIN, INT32_MAX, 1048576, 0, 3, 7};
      int32_t length = pick(random, kLengths);
      frame.bytes.resize(4 + (length == 3 || length == 7 ? static_cast<size_t>(length) : 0u));
      store_be32(frame.bytes.data(), static_cast<uint32_t>(length));
      break;
    }
    case 3:
      frame = request_frame(wire::kXidAuth, static_cast<int32_t>(Opcode::kAuth),
                            Body().integer(0).text("digest").text("u1:p1"));
      frame.bytes.resize(12 + random.below(frame.bytes.size() - 12));
      correct_length(frame);
      break;
    default:
      frame = request_frame(kXidSasl, static_cast<int32_t>(Opcode::kSasl), Body().text(Text()));
      if (random.chance(1, 2)) {
        frame.bytes.resize(12 + random.below(4));
        correct_length(frame);
      }
      break;
  }
  frame.answered = false;
  return frame;
}

}  // namespace zookernel::differential
