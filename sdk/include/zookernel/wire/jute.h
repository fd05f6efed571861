// Jute, the encoding of every ZooKeeper record: big-endian integers, strings and buffers with a
// signed 32-bit length, vectors with a signed 32-bit count. Pure functions over bytes; any thread.
// [any]
//
//   byte, boolean   1 byte                      boolean reads 0 as false, anything else as true
//   int, long       4, 8 bytes
//   ustring, buffer int length, the bytes       length -1 is null, which is not the same as empty
//   vector<T>       int count, the elements     count -1 is null, other negative ones are empty
//   record          its fields in order
//
//   "/a" as ustring: 00 00 00 02 2f 61
//
// Source: org.apache.jute.BinaryInputArchive and BinaryOutputArchive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zookernel/assert.h"
#include "zookernel/bytes.h"

namespace zookernel::wire {

// A ustring or buffer as it was on the wire. The bytes are borrowed from what the Reader was given.
struct OptBytes {
  Bytes bytes = {};   // empty if null
  bool null = false;  // length -1

  bool operator==(const OptBytes&) const = default;
};

// Reads fields one after the other out of borrowed bytes, and copies nothing.
//
// Failure is sticky: the first read that finds too few bytes, or a length that is not allowed,
// makes ok() false; it and all reads after it return 0, false or empty. So a record may be read
// whole and ok() asked once.
class Reader {
 public:
  // A string or buffer longer than `max_field` fails; so does one that its bytes cannot hold.
  explicit Reader(Bytes in, uint32_t max_field = 0x7fffffff)
      : begin_(in.data()), at_(in.data()), end_(in.data() + in.size()), max_field_(max_field) {}

  [[nodiscard]] bool ok() const { return error_ == nullptr; }
  // What went wrong first, a constant text; nullptr while ok().
  [[nodiscard]] const char* error() const { return error_; }
  // Bytes read so far; after a failure, where the field that failed begins or its length ends.
  [[nodiscard]] size_t position() const { return static_cast<size_t>(at_ - begin_); }
  // What is not read yet; empty after a failure.
  [[nodiscard]] Bytes rest() const { return {at_, remaining()}; }
  [[nodiscard]] size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  [[nodiscard]] uint32_t max_field() const { return max_field_; }
  // After a failure for want of bytes: how many were missing at least. 0 for every other failure,
  // which more bytes would not mend.
  [[nodiscard]] size_t missing() const { return missing_; }

  int8_t read_byte() {
    const char* from = take(1);
    return from == nullptr ? int8_t{0} : static_cast<int8_t>(*from);
  }
  bool read_bool() { return read_byte() != 0; }
  int32_t read_int() {
    const char* from = take(4);
    return from == nullptr ? 0 : static_cast<int32_t>(load_be32(from));
  }
  int64_t read_long() {
    const char* from = take(8);
    return from == nullptr ? 0 : static_cast<int64_t>(load_be64(from));
  }
  OptBytes read_buffer() {
    int32_t length = read_int();
    if (length == -1) return {{}, true};
    if (length < 0) return fail("negative length"), OptBytes{};
    if (static_cast<uint32_t>(length) > max_field_) {
      return fail("length above the limit"), OptBytes{};
    }
    const char* from = take(static_cast<size_t>(length));
    return from == nullptr ? OptBytes{} : OptBytes{{from, static_cast<size_t>(length)}, false};
  }
  // The bytes as they came: whether they are UTF-8 is not looked at (see utf8_is_plain).
  OptBytes read_string() { return read_buffer(); }

  // The count of a vector: -1 is null; other negative counts are 0, as Apache reads them. An
  // element takes at least `element_bytes_min` bytes: a count that the remaining bytes cannot hold
  // fails here, so that nobody reserves memory for it.
  int32_t read_count(size_t element_bytes_min = 1) {
    int32_t count = read_int();
    if (count < 0) return count == -1 ? -1 : 0;
    if (static_cast<size_t>(count) > remaining() / element_bytes_min) {
      return fail("vector count above what its bytes can hold"), 0;
    }
    return count;
  }
  // The next `size` bytes, borrowed; empty if they are not there (then !ok()).
  Bytes read_raw(size_t size) {
    const char* from = take(size);
    return from == nullptr ? Bytes{} : Bytes{from, size};
  }

  // Fails by hand: for rules that are not about the encoding. Keeps an earlier error. `why` lives
  // forever.
  void fail(const char* why) {
    if (error_ == nullptr) error_ = why;
    end_ = at_;
  }

 private:
  const char* take(size_t size) {
    if (remaining() < size) [[unlikely]] {
      if (error_ == nullptr) missing_ = size - remaining();
      return fail("bytes end too early"), nullptr;
    }
    const char* from = at_;
    at_ += size;
    return from;
  }

  const char* begin_;
  const char* at_;
  const char* end_;  // at_ after a failure
  const char* error_ = nullptr;
  size_t missing_ = 0;
  uint32_t max_field_;
};

// Appends fields to a Buffer that the caller owns and that outlives the Writer. Cannot fail; a
// string of more than 2^31-1 bytes is a bug of the caller's.
class Writer {
 public:
  explicit Writer(Buffer& out) : out_(out) {}

  void write_byte(int8_t value) { out_.push_back(static_cast<char>(value)); }
  void write_bool(bool value) { out_.push_back(value ? '\1' : '\0'); }
  void write_int(int32_t value) { store_be32(out_.extend(4), static_cast<uint32_t>(value)); }
  void write_long(int64_t value) { store_be64(out_.extend(8), static_cast<uint64_t>(value)); }
  // Length and bytes in one step. Never null: see write_null and write_opt.
  void write_buffer(Bytes bytes) {
    ZOOKERNEL_ASSERT(bytes.size() <= 0x7fffffff);
    char* to = out_.extend(4 + bytes.size());
    store_be32(to, static_cast<uint32_t>(bytes.size()));
    if (!bytes.empty()) std::memcpy(to + 4, bytes.data(), bytes.size());
  }
  void write_string(Bytes bytes) { write_buffer(bytes); }
  // A null string, buffer or vector.
  void write_null() { write_int(-1); }
  void write_opt(const OptBytes& bytes) {
    if (bytes.null) return write_null();
    write_buffer(bytes.bytes);
  }
  void write_count(size_t count) {
    ZOOKERNEL_ASSERT(count <= 0x7fffffff);
    write_int(static_cast<int32_t>(count));
  }
  // Bytes without a length.
  void write_raw(Bytes bytes) { out_.append(bytes); }
  // Room for `size` bytes that the caller fills at once.
  [[nodiscard]] char* extend(size_t size) { return out_.extend(size); }
  [[nodiscard]] size_t position() const { return out_.size(); }

 private:
  Buffer& out_;  // the caller's
};

// --- Strings as Java sees them -----------------------------------------------------------------
//
// Java decodes a ustring to UTF-16 with replacement, and encodes each UTF-16 unit on its own when
// it writes: a malformed sequence becomes U+FFFD (ef bf bd), a code point above U+FFFF becomes two
// 3-byte sequences (CESU-8).

// True if writing back what was read changes no byte: well-formed UTF-8 without code points above
// U+FFFF.
[[nodiscard]] bool utf8_is_plain(Bytes bytes);

// The bytes that Apache writes after it has read these. Counts replacement characters as the JDK
// does: one for each longest prefix of a well-formed sequence, one for a whole encoded surrogate.
[[nodiscard]] std::string utf8_sanitize(Bytes bytes);

// --- Records as plain structs ------------------------------------------------------------------

// A field at the end of a record that older peers leave out: absent when the record's bytes end
// before it.
template <typename T>
struct Trailing : std::optional<T> {
  using std::optional<T>::optional;

  friend bool operator==(const Trailing& a, const Trailing& b) {
    if (a.has_value() != b.has_value()) return false;
    return !a.has_value() || a.value() == b.value();
  }
};

// Decodes a record that owns its fields; returns reader.ok(). On failure `record` is unspecified
// but valid. A field of type std::string or std::vector must not be null on the wire; std::optional
// of them may be. Bytes after the record are left in the reader. Instantiated in the library for
// every struct under records/.
template <typename R>
[[nodiscard]] bool decode(Reader& reader, R& record);

template <typename R>
void encode(Writer& writer, const R& record);

// The record in bytes of its own: for tools and tests, not for the hot path.
template <typename R>
[[nodiscard]] std::string encoded(const R& record) {
  Buffer out;
  Writer writer(out);
  encode(writer, record);
  return std::string(out.view());
}

}  // namespace zookernel::wire
