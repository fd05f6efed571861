#include "plugins/auth/digest/hash.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace zookernel::auth {
namespace {

struct JavaAlgorithm {
  std::string_view name;  // upper case
  const EVP_MD* (*find)();
};

constexpr std::array<JavaAlgorithm, 14> kAlgorithms = {{
    {"SHA1", &EVP_sha1},
    {"SHA-1", &EVP_sha1},
    {"SHA", &EVP_sha1},
    {"MD5", &EVP_md5},
    {"SHA-224", &EVP_sha224},
    {"SHA-256", &EVP_sha256},
    {"SHA-384", &EVP_sha384},
    {"SHA-512", &EVP_sha512},
    {"SHA-512/224", &EVP_sha512_224},
    {"SHA-512/256", &EVP_sha512_256},
    {"SHA3-224", &EVP_sha3_224},
    {"SHA3-256", &EVP_sha3_256},
    {"SHA3-384", &EVP_sha3_384},
    {"SHA3-512", &EVP_sha3_512},
}};

// Bytes of the longest beginning of `bytes` that could begin a character, and whether it is a whole
// one. By the table of well-formed sequences of the Unicode standard; Java replaces exactly these
// beginnings.
struct Piece {
  size_t size;
  bool whole;
};

Piece next_character(std::string_view bytes) {
  const auto at = [bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t first = at(0);
  if (first < 0x80) return {1, true};
  size_t more = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xBF;  // limits of the second byte
  if (first >= 0xC2 && first <= 0xDF) {
    more = 1;
  } else if (first >= 0xE0 && first <= 0xEF) {
    more = 2;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    more = 3;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (size_t i = 1; i <= more; ++i) {
    if (i >= bytes.size() || at(i) < low || at(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {more + 1, true};
}

}  // namespace

const EVP_MD* hash_algorithm(std::string_view java_name) {
  std::string upper(java_name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const JavaAlgorithm& algorithm : kAlgorithms) {
    if (algorithm.name == upper) return algorithm.find();
  }
  return nullptr;
}

std::optional<std::string> hash_base64(const EVP_MD* algorithm, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), hash.data(), &size, algorithm, nullptr) != 1) {
    return std::nullopt;
  }
  std::array<unsigned char, (EVP_MAX_MD_SIZE + 2) / 3 * 4 + 1> base64{};
  const int length = EVP_EncodeBlock(base64.data(), hash.data(), static_cast<int>(size));
  return std::string(base64.begin(), base64.begin() + length);
}

std::string through_java_string(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Piece piece = next_character(bytes);
    if (piece.whole) {
      text.append(bytes.substr(0, piece.size));
    } else {
      text.append("\xEF\xBF\xBD");
    }
    bytes.remove_prefix(piece.size);
  }
  return text;
}

}  // namespace zookernel::auth
