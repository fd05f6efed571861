// What must hold for every record: its bytes are these, they read back to it, no part of them does,
// and what follows them is left alone.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/unit/wire/bytes_text.h"
#include "zookernel/wire/jute.h"

namespace zookernel::wire_test {

// `optional_from`: from this many bytes on, a prefix is a whole record too (trailing fields left
// out).
template <typename R>
void check_record(const R& record, std::string_view expected_text,
                  size_t optional_from = std::string::npos) {
  const std::string expected = bytes(expected_text);
  CHECK(text(wire::encoded(record)) == text(expected));

  R read_back;
  wire::Reader reader(expected);
  CHECK(wire::decode(reader, read_back));
  CHECK(reader.remaining() == 0);
  CHECK(read_back == record);

  for (size_t size = 0; size < expected.size(); ++size) {
    // A copy of its own, so that the address sanitizer sees a read past the end.
    const std::string prefix = expected.substr(0, size);
    wire::Reader short_reader(prefix);
    R unused;
    INFO("cut at byte " << size);
    if (size == optional_from) {
      CHECK(wire::decode(short_reader, unused));
    } else {
      CHECK_FALSE(wire::decode(short_reader, unused));
      CHECK(short_reader.error() != nullptr);
      CHECK(short_reader.remaining() == 0);
    }
  }

  if (optional_from == std::string::npos) {
    const std::string longer = expected + "tail";
    wire::Reader long_reader(longer);
    R again;
    CHECK(wire::decode(long_reader, again));
    CHECK(long_reader.rest() == "tail");
  }
}

// The same for a view: `Read` is called as read(reader, view).
template <typename View>
void check_view_truncation(std::string_view whole, size_t optional_from = std::string::npos) {
  View view;
  wire::Reader reader(whole);
  CHECK(read(reader, view));
  CHECK(reader.remaining() == 0);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string prefix(whole.substr(0, size));
    wire::Reader short_reader(prefix);
    View unused;
    INFO("cut at byte " << size);
    CHECK(read(short_reader, unused) == (size == optional_from));
  }
}

}  // namespace zookernel::wire_test
