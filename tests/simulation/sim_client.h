// A client with a mind of its own: connects, keeps its session with pings or forgets to, sends
// random requests in bursts, watches, breaks off, comes back with its password, gives its session
// up. It checks what a client can: replies in the order of its requests, zxids that never fall.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/multi.h"

namespace zookernel::sim {

// The network, as one client sees it.
class ClientNetwork {
 public:
  virtual ~ClientNetwork() = default;
  [[nodiscard]] virtual int64_t now_us() = 0;
  virtual void after(int64_t delay_us, std::function<void()> event) = 0;
  // Begins a connection; its number. on_disconnected() comes if it fails.
  virtual uint64_t connect(int client) = 0;
  virtual void send(uint64_t link, std::string payload) = 0;
  // Breaks off. What is under way may be lost; the client hears no more of it.
  virtual void reset(uint64_t link) = 0;
};

class SimClient {
 public:
  SimClient(const Plan& plan, int number, ClientNetwork& network);

  void begin();
  void on_frame(uint64_t link, Bytes payload);
  void on_disconnected(uint64_t link);

  // From now on no faults of its own: it comes back, and asks for one thing.
  void heal();
  // Served since heal(), and waits for nothing.
  [[nodiscard]] bool served() const { return served_ && outstanding_.empty(); }

 private:
  enum class State { kAway, kConnecting, kConnected };
  struct Asked {
    int32_t xid;
    wire::Opcode opcode;
    std::string path;
    bool watch = false;
    int32_t mode = 0;  // of addWatch; the type of removeWatches
  };

  // Life.
  void act();
  void connect();
  void connected(Bytes payload);
  void disconnected();
  void go_silent();
  void end_session();
  void forget_session();
  void keep_alive();
  void check_alive();

  // Requests.
  template <typename Record>
  void ask(wire::Opcode opcode, const Record& record, const std::string& path = "",
           bool watch = false, int32_t mode = 0);
  void ask_something();
  void ask_write();
  void ask_read();
  void ask_watch();
  void ask_create();
  void ask_multi();
  void ask_multi_read();
  void ask_quota();
  void send_auth();
  void send_set_watches();
  wire::CreateRequest draw_create(bool in_multi);
  std::string draw_path();
  std::string draw_new_path();
  std::string draw_data_bytes();
  std::optional<std::string> draw_data();
  std::vector<wire::Acl> draw_acl();
  int32_t draw_version();

  // Answers.
  void answered(const Asked& asked, const wire::ReplyHeader& header, wire::Reader& body);
  void removed(const std::string& path, wire::WatcherType type);
  void event(const wire::WatcherEvent& event);
  [[nodiscard]] bool watched_for_good(const std::string& path, bool children) const;

  const Plan& plan_;
  const int number_;
  ClientNetwork& network_;
  Random random_;
  State state_ = State::kAway;
  uint64_t link_ = 0;
  uint64_t life_ = 0;  // changes with each connection: what was planned for the last one is void
  bool healed_ = false, served_ = false;
  int64_t silent_until_us_ = 0;
  int64_t heard_us_ = 0, said_us_ = 0;

  int64_t session_ = 0;
  std::string password_ = std::string(wire::kPasswordBytes, '\0');
  int32_t timeout_ms_ = 0;
  int64_t last_zxid_ = 0;
  bool auth_ = false;  // proves an identity on each connection
  bool auth_pending_ = false;
  int32_t xid_ = 0;
  std::deque<Asked> outstanding_;
  std::set<std::string> data_watches_, exist_watches_, child_watches_;
  std::set<std::string> persistent_watches_, recursive_watches_;
  std::deque<std::string> known_;  // paths that were created lately
};

}  // namespace zookernel::sim
