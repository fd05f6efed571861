#include "tools/db/snapshot_walk.h"

#include <libdeflate.h>

#include "plugins/storage/file/log_format.h"
#include "zookernel/wire/records/client_views.h"

namespace zookernel::db_tool {
namespace {

constexpr size_t kWindowBytes = 1 << 20;
constexpr size_t kDigestBytes = wire::kSnapshotDigestBytes + wire::kSealBytes;
constexpr size_t kLastZxidBytes = sizeof(int64_t) + wire::kSealBytes;

class Walk {
 public:
  Walk(SnapshotReader& reader, const SnapshotVisitor& visitor)
      : reader_(reader), visitor_(visitor) {}

  Status run() {
    if (header() && sessions() && acls() && nodes() && seal("seal of the tree") && sections()) {
      return Unit{};
    }
    if (read_error_) return *read_error_;
    return Error{Errc::kCorrupt, "at byte " + std::to_string(before_ + at_) + ", " + problem_};
  }

 private:
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  [[nodiscard]] size_t available() const { return window_.size() - at_; }
  [[nodiscard]] uint64_t position() const { return before_ + at_; }

  // Makes the next `count` bytes visible, or false with a problem.
  bool need(size_t count, const char* what) {
    if (available() >= count || fill(count)) return true;
    return fail(std::string("the file ends within ") + what);
  }
  bool fill(size_t count) {
    sum();
    if (at_ != 0) {
      std::memmove(window_.data(), window_.data() + at_, available());
      window_.truncate(available());
      before_ += at_;
      at_ = summed_ = 0;
    }
    while (window_.size() < count) {
      const size_t held = window_.size();
      char* to = window_.extend(kWindowBytes);
      auto got = reader_.read(to, kWindowBytes);
      window_.truncate(held + (got ? *got : 0));
      if (!got) read_error_ = got.error();
      if (!got || *got == 0) return false;
    }
    return true;
  }
  void sum() {
    if (at_ == summed_) return;
    adler_ = libdeflate_adler32(adler_, window_.data() + summed_, at_ - summed_);
    summed_ = at_;
  }
  [[nodiscard]] wire::Reader reader_here() const {
    return wire::Reader(Bytes(window_.data() + at_, available()));
  }
  void done(const char* what, uint64_t count) {
    if (visitor_.part) visitor_.part(what, begin_, position(), count);
    begin_ = position();
  }

  // Reads one record that may need more bytes than are visible. False: it failed for good.
  template <typename Read>
  bool record(const char* what, Read read) {
    for (;;) {
      wire::Reader reader = reader_here();
      if (read(reader)) {
        at_ += reader.position();
        return true;
      }
      if (reader.missing() == 0) {
        return fail(std::string(what) +
                    " is damaged: " + (reader.error() == nullptr ? "malformed" : reader.error()));
      }
      if (!need(available() + reader.missing(), what)) return false;
    }
  }

  bool header() {
    if (!need(wire::kFileHeaderBytes, "the header")) return false;
    wire::FileHeader header;
    wire::Reader reader = reader_here();
    (void)read(reader, header);
    if (header.magic != wire::kSnapshotMagic) {
      return fail("this is no snapshot: it does not begin with ZKSN");
    }
    if (header.version != wire::kFileVersion) {
      return fail("unknown format version " + std::to_string(header.version));
    }
    at_ += wire::kFileHeaderBytes;
    done("header", 1);
    return true;
  }

  bool count_of(const char* what, int32_t& count) {
    if (!need(4, what)) return false;
    count = static_cast<int32_t>(load_be32(window_.data() + at_));
    if (count < 0) return fail(std::string("negative count of ") + what);
    at_ += 4;
    return true;
  }

  bool sessions() {
    int32_t count = 0;
    if (!count_of("sessions", count)) return false;
    for (int32_t i = 0; i < count; ++i) {
      wire::SessionEntry session;
      if (!record("a session", [&](wire::Reader& reader) { return read(reader, session); })) {
        return false;
      }
      if (visitor_.session) visitor_.session(session);
    }
    done("sessions", static_cast<uint64_t>(count));
    return true;
  }

  // vector<ACL> is read field by field, so that what is missing is known exactly.
  static bool read_acl(wire::Reader& reader, wire::AclListView& list) {
    const size_t begin = reader.position();
    const char* from = reader.rest().data();
    const int32_t count = reader.read_int();
    list = {};
    list.null = count == -1;
    for (int32_t i = 0; i < count && reader.ok(); ++i) {
      wire::AclView entry;
      entry.perms = reader.read_int();
      entry.scheme = reader.read_string();
      entry.id = reader.read_string();
      list.entries.push_back(entry);
    }
    list.raw = {from, reader.position() - begin};
    return reader.ok();
  }

  bool acls() {
    int32_t count = 0;
    if (!count_of("ACLs", count)) return false;
    for (int32_t i = 0; i < count; ++i) {
      int64_t ref = 0;
      wire::AclListView list;
      if (!record("a list of ACLs", [&](wire::Reader& reader) {
            ref = reader.read_long();
            return read_acl(reader, list);
          })) {
        return false;
      }
      if (visitor_.acl) visitor_.acl(ref, list);
    }
    done("ACLs", static_cast<uint64_t>(count));
    return true;
  }

  bool nodes() {
    uint64_t count = 0;
    for (;;) {
      SnapshotNode node;
      bool end = false;
      if (!record("a znode", [&](wire::Reader& reader) {
            node.path = reader.read_string();
            end = node.path.bytes == "/";
            if (end || !reader.ok()) return reader.ok();
            node.data = reader.read_buffer();
            node.acl_ref = reader.read_long();
            return read(reader, node.stat) && reader.ok();
          })) {
        return false;
      }
      if (end) break;
      if (node.path.null) return fail("a znode without a path");
      ++count;
      if (visitor_.node) visitor_.node(node);
    }
    done("znodes", count);
    return true;
  }

  bool seal(const char* what) {
    sum();
    const uint32_t expected = adler_;
    if (!need(wire::kSealBytes, what)) return false;
    const char* at = window_.data() + at_;
    if (load_be64(at) != expected) return fail("the checksum does not fit what stands before it");
    if (load_be32(at + 8) != 1 || at[12] != '/') return fail("a checksum has no end mark");
    at_ += wire::kSealBytes;
    done(what, 1);
    return true;
  }

  bool sections() {
    constexpr size_t kBoth = kDigestBytes + kLastZxidBytes;
    if (available() <= kBoth) (void)fill(kBoth + 1);
    if (read_error_) return false;
    const size_t left = available();
    if (left != 0 && left != kDigestBytes && left != kLastZxidBytes && left != kBoth) {
      return fail("behind the tree stand bytes that are no known section");
    }
    if (left == kDigestBytes || left == kBoth) {
      wire::SnapshotDigest digest;
      const char* at = window_.data() + at_;
      digest.zxid = static_cast<int64_t>(load_be64(at));
      digest.version = static_cast<int32_t>(load_be32(at + 8));
      digest.tree_digest = static_cast<int64_t>(load_be64(at + 12));
      at_ += wire::kSnapshotDigestBytes;
      if (visitor_.digest) visitor_.digest(digest);
      done("digest", 1);
      if (!seal("seal of the digest")) return false;
    }
    if (left == kLastZxidBytes || left == kBoth) {
      const Zxid last{static_cast<int64_t>(load_be64(window_.data() + at_))};
      at_ += sizeof(int64_t);
      if (visitor_.last_zxid) visitor_.last_zxid(last);
      done("last zxid", 1);
      if (!seal("seal of the last zxid")) return false;
    }
    return true;
  }

  SnapshotReader& reader_;
  const SnapshotVisitor& visitor_;
  Buffer window_;
  size_t at_ = 0;        // in the window
  size_t summed_ = 0;    // in the window: adler_ is of everything before
  uint64_t before_ = 0;  // bytes before the window
  uint64_t begin_ = 0;   // of the part that is being read
  uint32_t adler_ = 1;
  std::string problem_;
  std::optional<Error> read_error_;
};

}  // namespace

Status walk_snapshot(SnapshotReader& reader, const SnapshotVisitor& visitor) {
  return Walk(reader, visitor).run();
}

}  // namespace zookernel::db_tool
