// One running server: runs scripts on it, looks at its tree, and cleans up behind them. Between
// scripts the tree is as on an empty server, but for zxids and counters. Used by one thread at a
// time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/differential/recording.h"
#include "tests/differential/script.h"
#include "tests/differential/socket.h"

namespace zookernel::differential {

// The login that the servers must know as their superuser.
inline constexpr const char* kSuperLogin = "super:admin";

class Endpoint {
 public:
  // `name` is for messages. The server must be up.
  Endpoint(std::string name, uint16_t port) : name_(std::move(name)), port_(port) {}

  // Opens the control session, cleans up whatever is there, and takes the baseline. False if the
  // server does not serve; problem() says what went wrong.
  [[nodiscard]] bool open();

  // Runs a script and walks the tree. `script` must outlive the recording.
  [[nodiscard]] Recording run(const Script& script);

  // Ends what the script left: connections, sessions, znodes. False as for open().
  [[nodiscard]] bool clean_up();

  // Numbers of mntr that do not depend on the implementation, to be asked before clean_up().
  [[nodiscard]] std::map<std::string, std::string> counts() const;

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  struct Live {
    Socket socket;
    int64_t session = 0;
  };

  void run_step(const Step& step, Recording& recording);
  void await(const Step& step, Live& live, Recording& recording, size_t replies);
  void take_connect_response(const Step& step, Live& live, Recording& recording);
  std::string filled_in(const Step& step) const;
  void last_ping(int32_t connection, Live& live, Recording& recording);
  void walk(Recording& recording);

  // On the control connection: sends all, then reads as many replies. False if one is missing.
  bool call(const std::vector<Frame>& requests, std::vector<std::string>& replies);
  bool open_control();
  bool end_sessions();
  bool remove_nodes();
  bool take_baseline();

  const std::string name_;
  const uint16_t port_;
  Socket control_;
  Baseline baseline_;
  std::map<int32_t, Live> live_;  // by the script's number
  // Sessions of the script that may still live: by the connection that each was given to.
  struct Credentials {
    int64_t id = 0;
    std::string password;
  };
  std::map<int32_t, Credentials> credentials_;
  std::map<int64_t, int32_t> sessions_;
  std::vector<std::string> paths_;  // of the last walk, parents first
  std::string problem_;
};

}  // namespace zookernel::differential
