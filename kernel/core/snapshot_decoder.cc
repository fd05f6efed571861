#include "kernel/core/snapshot_decoder.h"

#include <libdeflate.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "zookernel/assert.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::core {
namespace {

constexpr size_t kWindowBytes = 1 << 20;
constexpr size_t kSectionsBytesMax =
    wire::kSnapshotDigestBytes + wire::kSealBytes + sizeof(int64_t) + wire::kSealBytes;

// The bytes that are looked at, and what is known of those before: how many they were, and their
// Adler-32.
class Source {
 public:
  explicit Source(const SnapshotDecoder::ReadBytes& read) : read_(read) {
    window_.extend(kWindowBytes);
  }

  // Makes sure that the next `count` bytes can be looked at. False: they are not there, or reading
  // failed.
  bool need(size_t count) { return end_ - at_ >= count || fill(count); }
  [[nodiscard]] const char* at() const { return window_.data() + at_; }
  [[nodiscard]] size_t available() const { return end_ - at_; }
  void skip(size_t count) {
    ZOOKERNEL_ASSERT(count <= available());
    at_ += count;
  }
  // Of everything skipped so far.
  [[nodiscard]] uint32_t adler() {
    if (at_ != summed_)
      adler_ = libdeflate_adler32(adler_, window_.data() + summed_, at_ - summed_);
    summed_ = at_;
    return adler_;
  }
  [[nodiscard]] uint64_t position() const { return before_ + at_; }
  [[nodiscard]] const std::string& read_error() const { return read_error_; }

 private:
  bool fill(size_t count) {
    if (!read_error_.empty()) return false;
    (void)adler();
    std::memmove(window_.data(), window_.data() + at_, end_ - at_);
    before_ += at_;
    end_ -= at_;
    at_ = summed_ = 0;
    while (end_ < count) {
      // Doubles only when it is full: a length that lies costs no more memory than the bytes that
      // follow it.
      if (end_ == window_.size()) window_.extend(window_.size());
      Result<size_t> got = read_(window_.data() + end_, window_.size() - end_);
      if (!got) {
        read_error_ = got.error().message.empty() ? "reading failed" : got.error().message;
        return false;
      }
      if (*got == 0) return false;
      ZOOKERNEL_ASSERT(*got <= window_.size() - end_);
      end_ += *got;
    }
    return true;
  }

  const SnapshotDecoder::ReadBytes& read_;
  Buffer window_;
  size_t at_ = 0;
  size_t end_ = 0;
  size_t summed_ = 0;
  uint64_t before_ = 0;
  uint32_t adler_ = 1;
  std::string read_error_;
};

class SnapshotLoad {
 public:
  SnapshotLoad(Zxid name, const SnapshotDecoder::ReadBytes& read, DataTree& tree,
               SnapshotDecoder::Sessions& sessions)
      : name_(name), source_(read), tree_(tree), sessions_(sessions) {}

  Status run() {
    tree_.begin_load();
    const bool good = header() && tree() && seal() && sections();
    release_acls();
    if (good) {
      tree_.end_load(name_, digest_);
      return Unit{};
    }
    return error();
  }

  // The tree section, from where it stopped for want of bytes. False: it is not at its end, or
  // there is an error.
  bool tree() {
    if (part_ == Part::kSessions && sessions()) part_ = Part::kAcls;
    if (part_ == Part::kAcls && acls()) part_ = Part::kNodes;
    if (part_ == Part::kNodes && nodes()) part_ = Part::kDone;
    return part_ == Part::kDone;
  }
  [[nodiscard]] bool starved() const { return problem_.empty(); }
  [[nodiscard]] Error error() const {
    if (!source_.read_error().empty()) return Error{Errc::kIo, source_.read_error()};
    const std::string problem =
        starved() ? std::string("the file ends inside ") + starved_in_ : problem_;
    return Error{truncated_ || starved() ? Errc::kTruncated : Errc::kCorrupt,
                 "snapshot: " + problem + " at byte " + std::to_string(source_.position())};
  }
  void release_acls() {
    for (const auto& [ref, id] : acls_) tree_.acls().release(id);
    acls_.clear();
  }
  [[nodiscard]] size_t unread() const { return source_.available(); }

 private:
  enum class Part { kSessions, kAcls, kNodes, kDone };

  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool need(size_t count, const char* what) {
    if (source_.need(count)) return true;
    starved_in_ = what;
    return false;
  }
  [[nodiscard]] int32_t int_at(size_t offset) const {
    return static_cast<int32_t>(load_be32(source_.at() + offset));
  }
  [[nodiscard]] int64_t long_at(size_t offset) const {
    return static_cast<int64_t>(load_be64(source_.at() + offset));
  }

  bool header() {
    if (!need(wire::kFileHeaderBytes, "the header")) return false;
    if (int_at(0) != wire::kSnapshotMagic)
      return fail("this is no snapshot (it does not begin with ZKSN)");
    if (int_at(4) != wire::kFileVersion)
      return fail("unknown format version " + std::to_string(int_at(4)));
    source_.skip(wire::kFileHeaderBytes);
    return true;
  }

  bool sessions() {
    constexpr const char* kWhat = "the session table";
    if (!count_entries(kWhat, "negative count of sessions")) return false;
    for (; entries_left_ != 0; --entries_left_) {
      if (!need(wire::kSessionEntryBytes, kWhat)) return false;
      sessions_.emplace_back(long_at(0), int_at(8));
      source_.skip(wire::kSessionEntryBytes);
    }
    entries_left_ = kNotCounted;
    return true;
  }

  // The number in front of a table, once.
  bool count_entries(const char* what, const char* negative) {
    if (entries_left_ != kNotCounted) return true;
    if (!need(4, what)) return false;
    if (int_at(0) < 0) return fail(negative);
    entries_left_ = int_at(0);
    source_.skip(4);
    return true;
  }

  bool acls() {
    constexpr const char* kWhat = "the ACL table";
    if (!count_entries(kWhat, "negative count of ACLs")) return false;
    for (; entries_left_ != 0; --entries_left_) {
      size_t size = 0;
      if (!measure_acl(size)) return false;
      const int64_t ref = long_at(0);
      Bytes raw(source_.at() + 8, size - 8);
      if (int_at(8) < 0) raw = {"\0\0\0\0", 4};  // a null list is read as an empty one
      const AclId id = tree_.acls().intern_raw(raw);
      const auto [entry, added] = acls_.emplace(ref, id);
      if (!added) {
        tree_.acls().release(entry->second);
        entry->second = id;
      }
      source_.skip(size);
    }
    return true;
  }

  // Makes the next entry of the ACL table whole in the window: long ref | vector<ACL>. Counts its
  // bytes.
  bool measure_acl(size_t& size) {
    constexpr const char* kWhat = "the ACL table";
    size = 8 + 4;
    if (!need(size, kWhat)) return false;
    const int32_t entries = int_at(8);
    for (int32_t i = 0; i < entries; ++i) {
      size += 4;
      for (int field = 0; field < 2; ++field) {  // scheme, id
        if (!need(size + 4, kWhat)) return false;
        const int32_t length = int_at(size);
        if (length < -1) return fail("negative length in the ACL table");
        size += 4 + (length > 0 ? static_cast<size_t>(length) : 0);
      }
    }
    return need(size, kWhat);
  }

  bool nodes() {
    constexpr const char* kWhat = "a znode";
    for (;;) {
      if (!need(4, kWhat)) return false;
      if (int_at(0) < 0) return fail("negative length of a path");
      const auto path_size = static_cast<size_t>(int_at(0));
      if (!need(4 + path_size, kWhat)) return false;
      if (path_size == 1 && source_.at()[4] == '/') {
        if (last_ == kNoNode) return fail("there is no root znode");
        source_.skip(4 + path_size);
        return settle();
      }
      if (!need(4 + path_size + 4, kWhat)) return false;
      const int32_t data_length = int_at(4 + path_size);
      if (data_length < -1) return fail("negative length of a znode's data");
      const size_t data_size = data_length > 0 ? static_cast<size_t>(data_length) : 0;
      const size_t size = 4 + path_size + 4 + data_size + 8 + wire::kStatPersistedBytes;
      if (!need(size, kWhat)) return false;

      const Bytes path(source_.at() + 4, path_size);
      const char* rest = source_.at() + 4 + path_size + 4;
      const wire::OptBytes data{{rest, data_size}, data_length < 0};
      const auto acl_ref = static_cast<int64_t>(load_be64(rest + data_size));
      wire::Reader reader(Bytes(rest + data_size + 8, wire::kStatPersistedBytes));
      wire::StatPersisted stat;
      const bool whole = read(reader, stat);
      ZOOKERNEL_ASSERT(whole);
      if (!node(path, data, acl_ref, stat)) return false;
      source_.skip(size);
    }
  }

  bool node(Bytes path, const wire::OptBytes& data, int64_t acl_ref,
            const wire::StatPersisted& stat) {
    if (path.empty()) {
      if (last_ != kNoNode) return fail("a second root znode");
      last_ = tree_.load_node(kNoNode, path, path, data, acl_of(acl_ref), stat);
      branch_.push_back({last_, 0});
      return true;
    }
    const size_t slash = path.rfind('/');
    if (path.front() != '/' || slash + 1 == path.size())
      return fail("the path of a znode is malformed");
    if (path.size() > NodeTable::kNameBytesMax) return fail("the path of a znode is too long");
    if (last_ == kNoNode) return fail("a znode stands before the root");

    // Files are written depth first, so the parent is the last znode or one above it.
    const Bytes above = path.substr(0, slash);
    while (branch_.back().path_size > above.size()) branch_.pop_back();
    NodeId parent = branch_.back().id;
    if (branch_.back().path_size != above.size() || !last_path_.starts_with(above)) {
      if (!settle()) return false;
      parent = tree_.nodes().find(above);
      if (parent == kNoNode) return fail("the parent of a znode does not stand before it");
      branch_.assign(1, {kRoot, 0});
      if (parent != kRoot) branch_.push_back({parent, above.size()});
    }
    last_ = tree_.load_node(parent, path, path.substr(slash + 1), data, acl_of(acl_ref), stat);
    branch_.push_back({last_, path.size()});
    last_path_ = path;
    return true;
  }

  bool settle() {
    const NodeId twice = tree_.settle_load();
    return twice == kNoNode ||
           fail("two znodes have the path " + tree_.nodes().path_of(twice) + ", noticed");
  }

  // With one reference more.
  AclId acl_of(int64_t ref) {
    if (ref == wire::kOpenAclRef) return kOpenAcl;
    if (ref != last_ref_) {
      const auto found = acls_.find(ref);
      last_acl_ = found == acls_.end() ? kMissingAcl : found->second;
      last_ref_ = ref;
    }
    tree_.acls().add_ref(last_acl_);
    return last_acl_;
  }

  bool seal() {
    const uint32_t adler = source_.adler();
    if (!need(wire::kSealBytes, "a checksum")) return false;
    if (long_at(0) != int64_t{adler})
      return fail("the checksum does not fit what stands before it");
    if (int_at(8) != 1 || source_.at()[12] != '/')
      return fail("a checksum is not followed by its end mark");
    source_.skip(wire::kSealBytes);
    return true;
  }

  bool sections() {
    constexpr size_t kDigest = wire::kSnapshotDigestBytes + wire::kSealBytes;
    constexpr size_t kLastZxid = sizeof(int64_t) + wire::kSealBytes;
    (void)source_.need(kSectionsBytesMax + 1);
    if (!source_.read_error().empty()) return false;
    const size_t left = source_.available();
    if (left != 0 && left != kDigest && left != kLastZxid && left != kSectionsBytesMax) {
      truncated_ = left < kSectionsBytesMax;
      return fail("behind the tree stand bytes that are no known section");
    }
    if (left == kDigest || left == kSectionsBytesMax) {
      const ZxidDigest end{Zxid{long_at(0)}, static_cast<uint64_t>(long_at(12))};
      if (int_at(8) == wire::kTxnDigestVersion) digest_ = end;
      source_.skip(wire::kSnapshotDigestBytes);
      if (!seal()) return false;
    }
    if (left == kLastZxid || left == kSectionsBytesMax) {
      source_.skip(sizeof(int64_t));  // of no use: the file's name counts
      if (!seal()) return false;
    }
    return true;
  }

  static constexpr int64_t kNotCounted = -1;

  const Zxid name_;
  Part part_ = Part::kSessions;
  int64_t entries_left_ = kNotCounted;  // of the table that is being read
  const char* starved_in_ = "the header";
  Source source_;
  DataTree& tree_;
  SnapshotDecoder::Sessions& sessions_;
  std::unordered_map<int64_t, AclId>
      acls_;  // by the file's references; each holds one reference of the cache
  int64_t last_ref_ = wire::kOpenAclRef;
  AclId last_acl_ = kOpenAcl;
  struct Ancestor {
    NodeId id;
    size_t path_size;
  };
  NodeId last_ = kNoNode;  // the znode that was read last
  std::string last_path_;
  std::vector<Ancestor> branch_;  // that znode and some of those above it, the root first; their
                                  // paths begin last_path_
  std::optional<ZxidDigest> digest_;
  std::string problem_;
  bool truncated_ = false;
};

}  // namespace

class TreeDecoder::Load {
 public:
  Load(DataTree& tree, SnapshotDecoder::Sessions& sessions)
      : tree_(tree),
        read_([this](char* to, size_t count) { return read(to, count); }),
        load_(Zxid{}, read_, tree, sessions) {
    tree_.begin_load();
  }

  Status take(Bytes piece) {
    piece_ = piece;
    if (load_.tree()) {
      if (load_.unread() == 0 && piece_.empty()) return Unit{};
      return Error{Errc::kCorrupt, "snapshot: bytes follow the end of the tree"};
    }
    return load_.starved() ? Status(Unit{}) : Status(load_.error());
  }

  Status end(Zxid name) {
    if (!load_.tree()) return load_.error();
    load_.release_acls();
    tree_.end_load(name, ZxidDigest{DataTree::kStreamEnd, 0});
    return Unit{};
  }

 private:
  Result<size_t> read(char* to, size_t count) {
    const size_t some = std::min(count, piece_.size());
    if (some != 0) std::memcpy(to, piece_.data(), some);
    piece_.remove_prefix(some);
    return some;
  }

  DataTree& tree_;
  Bytes piece_;
  const SnapshotDecoder::ReadBytes read_;
  SnapshotLoad load_;
};

TreeDecoder::TreeDecoder(DataTree& tree) : load_(std::make_unique<Load>(tree, sessions_)) {}
TreeDecoder::~TreeDecoder() = default;
Status TreeDecoder::take(Bytes piece) {
  return load_->take(piece);
}
Status TreeDecoder::end(Zxid name) {
  return load_->end(name);
}

Status SnapshotDecoder::load(Zxid name, const ReadBytes& read, DataTree& tree, Sessions& sessions) {
  sessions.clear();
  return SnapshotLoad(name, read, tree, sessions).run();
}

}  // namespace zookernel::core
