// Scheme "token": a client proves its team with the shared secret of the ensemble, as team:secret.
#include <zookernel/auth_scheme.h>

namespace {

using namespace zookernel::plugin;

const ZookernelOption kOptions[] = {
    {"token.secret", "", "secret that all teams share, 16 bytes or more"}};

class TokenScheme : public AuthScheme {
 public:
  std::string configure(const Host& host) override {
    secret_ = host.setting("token.secret");
    return secret_.size() < 16 ? "token.secret: shorter than 16 bytes" : "";
  }

  std::vector<Id> authenticate(const Peer&, const std::string& credentials) override {
    const std::string::size_type colon = credentials.find(':');
    std::vector<Id> ids;
    if (colon != std::string::npos &&
        equal_in_constant_time(credentials.substr(colon + 1), secret_))
      ids.push_back(credentials.substr(0, colon));
    return ids;
  }

  bool matches(const AclCheck& check) const override { return check.id == check.expr; }
  bool valid(const std::string& expr) const override { return !expr.empty(); }

 private:
  std::string secret_;
};

}  // namespace

ZOOKERNEL_AUTH_PLUGIN("org.example.token", "1.0", TokenScheme, "token", kOptions)
