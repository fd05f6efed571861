#include "plugins/auth/digest/scheme.h"

#include <strings.h>

#include "plugins/auth/digest/hash.h"

namespace zookernel::auth {
namespace {

constexpr const char* kEnabled = "DigestAuthenticationProvider.enabled";
constexpr const char* kSuperDigest = "DigestAuthenticationProvider.superDigest";
constexpr const char* kAlgorithm = "DigestAuthenticationProvider.digestAlg";

constexpr ZookernelOption kOptions[] = {
    {kEnabled, "true",
     "whether clients may log in with user:password and ACLs may name digest ids"},
    {kSuperDigest, "",
     "user:Base64(H(user:password)) of the super user, who passes every check; empty: none"},
    {kAlgorithm, "SHA1", "hash of the credentials, by its Java name; the same on all servers"},
};

class DigestScheme final : public plugin::AuthScheme {
 public:
  std::string configure(const plugin::Host& host) override {
    // Apache's reading: anything but the word true switches it off.
    enabled_ = strcasecmp(host.setting(kEnabled).c_str(), "true") == 0;
    super_digest_ = host.setting(kSuperDigest);
    const std::string name = host.setting(kAlgorithm);
    algorithm_ = hash_algorithm(name);
    if (algorithm_ == nullptr || !hash_base64(algorithm_, "")) {
      return std::string(kAlgorithm) + "=" + name +
             ": don't support this ACL digest algorithm: " + name +
             " in the current environment (SHA1, MD5, SHA-256, SHA-512 and SHA3-256 are among "
             "those that work)";
    }
    if (!super_digest_.empty() && !valid_form(super_digest_)) {
      host.log(ZOOKERNEL_LOG_WARN,
               std::string(kSuperDigest) +
                   ": not of the form user:base64, so nobody can become the super user with it");
    }
    return {};
  }

  std::vector<plugin::Id> authenticate(const plugin::Peer&,
                                       const std::string& credentials) override {
    if (!enabled_) return {};
    const std::string text = through_java_string(credentials);
    const auto hash = hash_base64(algorithm_, text);
    if (!hash) return {};
    const std::string id = text.substr(0, text.find(':')) + ":" + *hash;
    std::vector<plugin::Id> ids;
    if (!super_digest_.empty() && plugin::equal_in_constant_time(id, super_digest_))
      ids.emplace_back("super", "");
    ids.emplace_back(id);
    return ids;
  }
  std::vector<plugin::Id> authenticate_null(const plugin::Peer&) override { return {}; }

  bool matches(const plugin::AclCheck& check) const override {
    return enabled_ && check.id == check.expr;
  }
  bool valid(const std::string& expr) const override { return enabled_ && valid_form(expr); }
  std::string user_name(const std::string& id) const override { return id.substr(0, id.find(':')); }

 private:
  // Exactly two parts between colons once empty ones at the end are dropped, which is what Java's
  // split(":") leaves: "a:b", ":b" and "a:b:", but neither "a", "a:" nor "a:b:c".
  static bool valid_form(std::string expr) {
    while (!expr.empty() && expr.back() == ':') expr.pop_back();
    const size_t colon = expr.find(':');
    return colon != std::string::npos && expr.find(':', colon + 1) == std::string::npos;
  }

  bool enabled_ = true;
  std::string super_digest_;
  const EVP_MD* algorithm_ = nullptr;
};

}  // namespace

const ZookernelExtension* digest_extension() {
  static constexpr ZookernelExtension kExtension =
      ZOOKERNEL_AUTH_EXTENSION(DigestScheme, "digest", kOptions);
  return &kExtension;
}

}  // namespace zookernel::auth
