// Byte strings: a view, a growing buffer, an immutable shared block; big-endian loads and stores.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace zookernel {

// Borrowed bytes. Lives as long as what it was taken from says.
using Bytes = std::string_view;

inline uint32_t load_be32(const char* from) {
  uint32_t v;
  std::memcpy(&v, from, sizeof v);
  return __builtin_bswap32(v);
}
inline uint64_t load_be64(const char* from) {
  uint64_t v;
  std::memcpy(&v, from, sizeof v);
  return __builtin_bswap64(v);
}
inline void store_be32(char* to, uint32_t v) {
  v = __builtin_bswap32(v);
  std::memcpy(to, &v, sizeof v);
}
inline void store_be64(char* to, uint64_t v) {
  v = __builtin_bswap64(v);
  std::memcpy(to, &v, sizeof v);
}
static_assert(std::endian::native == std::endian::little, "the loads above swap always");

// Owning bytes that grow at the end. Growth does not initialise. Move-only; a moved-from Buffer is empty.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { ::operator delete(data_); }

  [[nodiscard]] char* data() { return data_; }
  [[nodiscard]] const char* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Bytes view() const { return {data_, size_}; }

  // Makes room for `count` more bytes, uninitialised, counts them in, and returns where they begin.
  char* extend(size_t count) {
    if (capacity_ - size_ < count) grow(size_ + count);
    char* at = data_ + size_;
    size_ += count;
    return at;
  }
  void append(Bytes bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  void push_back(char byte) { *extend(1) = byte; }
  void reserve(size_t capacity) {
    if (capacity > capacity_) reallocate(capacity);
  }
  // Shortens to `size` bytes; never grows.
  void truncate(size_t size) {
    if (size < size_) size_ = size;
  }
  void clear() { size_ = 0; }

 private:
  void grow(size_t needed) {
    size_t capacity = capacity_ == 0 ? 64 : capacity_ * 2;
    reallocate(capacity < needed ? needed : capacity);
  }
  void reallocate(size_t capacity) {
    char* data = static_cast<char*>(::operator new(capacity));
    if (size_ != 0) std::memcpy(data, data_, size_);
    ::operator delete(data_);
    data_ = data;
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// Immutable bytes with a count of owners, safe to hand between threads: a transaction is kept by the log
// thread until it is durable and by the core until it is applied, and neither outlives the other for sure.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(Bytes bytes) : SharedBytes(uninitialised(bytes.size())) {
    if (!bytes.empty()) std::memcpy(block_->data(), bytes.data(), bytes.size());
  }
  // A block of `size` bytes for the caller to fill through fill() before it is shared.
  static SharedBytes uninitialised(size_t size) {
    SharedBytes made;
    made.block_ = ::new (::operator new(sizeof(Block) + size)) Block{{1}, size};
    return made;
  }
  [[nodiscard]] char* fill() { return block_ ? block_->data() : nullptr; }

  SharedBytes(const SharedBytes& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() {
    if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      ::operator delete(block_);
    }
  }

  [[nodiscard]] Bytes view() const {
    return block_ == nullptr ? Bytes{} : Bytes{block_->data(), block_->size};
  }
  [[nodiscard]] size_t size() const { return block_ == nullptr ? 0 : block_->size; }

 private:
  struct Block {
    std::atomic<uint32_t> owners;
    size_t size;
    char* data() { return reinterpret_cast<char*>(this + 1); }
  };
  Block* block_ = nullptr;
};

}  // namespace zookernel
