// Errors of the world as values: Error, Result<T>, Status.
//
// A message is a whole thought for an operator: what was tried on which thing, what happened, what to do.
//   "open /data/version-2/log.1f: permission denied (run as the user that owns /data)"
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "zookernel/assert.h"

namespace zookernel {

enum class Errc {
  kInvalid,      // an argument, a key or a value is wrong
  kNotFound,     // a file, a name or a record is not there
  kExists,       // it is there already
  kDenied,       // permissions
  kCorrupt,      // bytes on disk or from a peer that nobody should have written
  kTruncated,    // bytes end too early
  kFull,         // no space left, or a limit of ours
  kIo,           // any other failure of the operating system
  kUnsupported,  // known, but not to be had here
  kClosed,       // the other side went away
};

struct Error {
  Errc code = Errc::kInvalid;
  std::string message;
};

struct Unit {};

// A T or an Error. Move-only where T is.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design
  template <typename U>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::decay_t<U>, T> &&
             !std::is_same_v<std::decay_t<U>, Error> && !std::is_same_v<std::decay_t<U>, Result>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The value; only when ok().
  T& value() & {
    ZOOKERNEL_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    ZOOKERNEL_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    ZOOKERNEL_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // The error; only when !ok().
  const Error& error() const {
    ZOOKERNEL_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<Unit>;

}  // namespace zookernel
