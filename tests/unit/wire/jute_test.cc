#include "zookernel/wire/jute.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/bytes_text.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using wire_test::text;

TEST_CASE("Reader: numbers are big-endian two's complement", "[wire][jute]") {
  const std::string in = bytes("80 00 7f fffffffe 7fffffff 8000000000000000 0123456789abcdef");
  Reader reader(in);

  CHECK(reader.read_byte() == -128);
  CHECK(reader.read_bool() == false);
  CHECK(reader.read_bool() == true);
  CHECK(reader.read_int() == -2);
  CHECK(reader.read_int() == 0x7fffffff);
  CHECK(reader.read_long() == std::numeric_limits<int64_t>::min());
  CHECK(reader.read_long() == 0x0123456789abcdef);
  CHECK(reader.ok());
  CHECK(reader.remaining() == 0);
}

TEST_CASE("Reader: null and empty are not the same", "[wire][jute]") {
  const std::string in = bytes("ffffffff 00000000 <ab>");
  Reader reader(in);

  CHECK(reader.read_buffer() == OptBytes{{}, true});
  CHECK(reader.read_string() == OptBytes{{}, false});
  CHECK(reader.read_string() == OptBytes{"ab", false});
  CHECK(reader.ok());
}

TEST_CASE("Reader: a string borrows, it is not copied", "[wire][jute]") {
  const std::string in = bytes("<abc>");
  Reader reader(in);

  CHECK(reader.read_string().bytes.data() == in.data() + 4);
}

TEST_CASE("Reader: the first failure stays and everything after it reads as nothing",
          "[wire][jute]") {
  const std::string in = bytes("00000001 000000 ");
  Reader reader(in);

  CHECK(reader.read_int() == 1);
  CHECK(reader.read_int() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(std::string(reader.error()) == "bytes end too early");
  CHECK(reader.missing() == 1);
  CHECK(reader.position() == 4);
  // Three bytes are still there, but a reader that failed gives out none of them.
  CHECK(reader.read_byte() == 0);
  CHECK(reader.read_bool() == false);
  CHECK(reader.read_long() == 0);
  CHECK(reader.read_string() == OptBytes{});
  CHECK(reader.read_count() == 0);
  CHECK(reader.read_raw(1).empty());
  CHECK(reader.read_raw(0).empty());
  CHECK(reader.rest().empty());
  reader.fail("later");
  CHECK(std::string(reader.error()) == "bytes end too early");
  CHECK(reader.missing() == 1);
}

TEST_CASE("Reader: lengths that nothing can satisfy fail", "[wire][jute]") {
  struct Case {
    std::string in;
    uint32_t max_field;
    std::string error;
    size_t missing;
  };
  const Case cases[] = {
      {"fffffffe", 100, "negative length", 0},
      {"80000000", 100, "negative length", 0},
      {"7fffffff 00", 0x7fffffff, "bytes end too early", 0x7ffffffe},
      {"00000003 6161", 100, "bytes end too early", 1},
      {"00000003 616161", 2, "length above the limit", 0},
      {"7fffffff", 100, "length above the limit", 0},
  };
  for (const Case& c : cases) {
    INFO(c.in);
    const std::string in = bytes(c.in);
    Reader reader(in, c.max_field);

    CHECK(reader.read_buffer() == OptBytes{});
    REQUIRE_FALSE(reader.ok());
    CHECK(reader.error() == c.error);
    CHECK(reader.missing() == c.missing);
  }
}

TEST_CASE("Reader: a field of exactly the limit passes", "[wire][jute]") {
  const std::string in = bytes("<abc>");
  Reader reader(in, 3);

  CHECK(reader.read_buffer().bytes == "abc");
  CHECK(reader.ok());
}

TEST_CASE("Reader: a count is null at -1, empty when otherwise negative", "[wire][jute]") {
  const std::string in = bytes("ffffffff fffffffe 80000000 00000002 0000");
  Reader reader(in);

  CHECK(reader.read_count() == -1);
  CHECK(reader.read_count() == 0);
  CHECK(reader.read_count() == 0);
  CHECK(reader.read_count() == 2);
  CHECK(reader.ok());
}

TEST_CASE("Reader: a count above what the bytes can hold fails before anyone reserves",
          "[wire][jute]") {
  for (const char* count : {"00000003", "7fffffff"}) {
    const std::string in = bytes(count) + std::string(11, '\0');
    Reader reader(in);

    CHECK(reader.read_count(4) == 0);
    CHECK_FALSE(reader.ok());
  }
  const std::string in = bytes("00000002") + std::string(11, '\0');
  Reader reader(in);
  CHECK(reader.read_count(4) == 2);
}

TEST_CASE("Reader: empty input fails at the first field and not before", "[wire][jute]") {
  Reader reader(Bytes{});

  CHECK(reader.ok());
  CHECK(reader.remaining() == 0);
  CHECK(reader.read_byte() == 0);
  CHECK_FALSE(reader.ok());
}

TEST_CASE("Writer: every field appends its bytes", "[wire][jute]") {
  Buffer out;
  Writer writer(out);

  writer.write_byte(-1);
  writer.write_bool(true);
  writer.write_bool(false);
  writer.write_int(-2);
  writer.write_long(0x0123456789abcdef);
  writer.write_string("/a");
  writer.write_buffer({});
  writer.write_null();
  writer.write_opt({{}, true});
  writer.write_opt({"b", false});
  writer.write_count(3);
  writer.write_raw("zz");

  CHECK(text(out.view()) ==
        text(bytes("ff 01 00 fffffffe 0123456789abcdef <\x2f\x61> 00000000 ffffffff "
                   "ffffffff <b> 00000003 7a7a")));
  CHECK(writer.position() == out.size());
}

// --- UTF-8
// -----------------------------------------------------------------------------------------

// Input and what Java writes after reading it.
struct Utf8Case {
  const char* in;
  const char* out;
};

constexpr Utf8Case kUtf8Cases[] = {
    {"", ""},
    {"2f61", "2f61"},
    {"00", "00"},  // U+0000 is one byte, not Java's modified form
    {"7f", "7f"},
    {"c280", "c280"},  // the least of two bytes
    {"dfbf", "dfbf"},
    {"e0a080", "e0a080"},  // the least of three
    {"efbfbf", "efbfbf"},
    {"ed9fbf", "ed9fbf"},                      // below the surrogates
    {"ee8080", "ee8080"},                      // above them
    {"f0908080", "eda080edb080"},              // U+10000
    {"2ff09f9880", "2feda0bdedb880"},          // recorded from a server
    {"f48fbfbf", "edafbfedbfbf"},              // U+10FFFF
    {"f4908080", "efbfbdefbfbdefbfbdefbfbd"},  // above U+10FFFF
    {"2ffffe", "2fefbfbdefbfbd"},              // recorded from a server
    {"80", "efbfbd"},
    {"bfbf", "efbfbdefbfbd"},
    {"c0af", "efbfbdefbfbd"},  // overlong
    {"c1bf", "efbfbdefbfbd"},
    {"e08080", "efbfbdefbfbdefbfbd"},
    {"e09fbf", "efbfbdefbfbdefbfbd"},
    {"f0808080", "efbfbdefbfbdefbfbdefbfbd"},
    {"f08fbfbf", "efbfbdefbfbdefbfbdefbfbd"},
    {"eda080", "efbfbd"},  // an encoded surrogate is replaced once
    {"edbfbf", "efbfbd"},
    {"eda0bdedb880", "efbfbdefbfbd"},  // CESU-8 does not survive
    {"eda0", "efbfbd"},
    {"eda041", "efbfbd41"},
    {"c2", "efbfbd"},  // broken off at the end
    {"c241", "efbfbd41"},
    {"c2c2a0", "efbfbdc2a0"},
    {"e2", "efbfbd"},
    {"e282", "efbfbd"},
    {"e28241", "efbfbd41"},
    {"e241", "efbfbd41"},
    {"e2e282ac", "efbfbde282ac"},
    {"e080", "efbfbdefbfbd"},
    {"f0", "efbfbd"},
    {"f09f", "efbfbd"},
    {"f09f98", "efbfbd"},
    {"f09f9841", "efbfbd41"},
    {"f09f4141", "efbfbd4141"},
    {"f0414141", "efbfbd414141"},
    {"f080", "efbfbdefbfbd"},
    {"f490", "efbfbdefbfbd"},
    {"f5808080", "efbfbdefbfbdefbfbdefbfbd"},
    {"f8888080", "efbfbdefbfbdefbfbdefbfbd"},
    {"616263646566676869c3a9", "616263646566676869c3a9"},  // past the eight-byte steps
    {"6162636465666768ff", "6162636465666768efbfbd"},
    {"61626364656667ff69", "61626364656667efbfbd69"},
};

TEST_CASE("UTF-8: sanitizing writes what Java writes", "[wire][utf8]") {
  for (const Utf8Case& c : kUtf8Cases) {
    INFO(c.in);
    CHECK(text(utf8_sanitize(bytes(c.in))) == c.out);
  }
}

TEST_CASE("UTF-8: plain means that sanitizing changes nothing", "[wire][utf8]") {
  for (const Utf8Case& c : kUtf8Cases) {
    INFO(c.in);
    CHECK(utf8_is_plain(bytes(c.in)) == (std::string_view(c.in) == c.out));
  }
}

TEST_CASE(
    "UTF-8: all inputs of up to two bytes, and all of three after a three-byte lead, agree on "
    "plain",
    "[wire][utf8]") {
  auto agree = [](const std::string& in) { return utf8_is_plain(in) == (utf8_sanitize(in) == in); };
  size_t disagreements = 0;
  std::string in(1, '\0');
  for (int a = 0; a < 256; ++a) {
    in.resize(1);
    in[0] = static_cast<char>(a);
    disagreements += agree(in) ? 0 : 1;
    for (int b = 0; b < 256; ++b) {
      in.resize(2);
      in[1] = static_cast<char>(b);
      disagreements += agree(in) ? 0 : 1;
      if (a < 0xe0) continue;
      for (int c = 0; c < 256; ++c) {
        in.resize(3);
        in[2] = static_cast<char>(c);
        disagreements += agree(in) ? 0 : 1;
      }
    }
  }
  CHECK(disagreements == 0);
}

}  // namespace
}  // namespace zookernel::wire
