// Hashing of credentials, bit for bit as Apache's DigestAuthenticationProvider does it.
#pragma once

#include <openssl/evp.h>

#include <optional>
#include <string>
#include <string_view>

namespace zookernel::auth {

// The algorithm that Java's MessageDigest knows under this name (SHA1, SHA-1, SHA-256, MD5, ...;
// any case), or null. [any]
const EVP_MD* hash_algorithm(std::string_view java_name);

// Base64, with padding, of the hash of `text`; nothing when the library refuses to compute it.
// [any]
std::optional<std::string> hash_base64(const EVP_MD* algorithm, std::string_view text);

// `bytes` as they come out of Java's new String(bytes, UTF_8).getBytes(UTF_8): each part that is
// not UTF-8 becomes U+FFFD. Passwords in another encoding hash to the same id as on a Java server
// only this way. [any]
std::string through_java_string(std::string_view bytes);

}  // namespace zookernel::auth
