#include "tests/differential/generator.h"

#include <array>

#include "tests/differential/request_builder.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::differential {

namespace {

using wire::Opcode;

constexpr size_t kConnectionsMax = 5;

class Generator {
 public:
  Generator(uint64_t seed, const GeneratorOptions& options)
      : random_(seed), enforced_(options.quotas_enforced) {
    requests_.without = options.without;
    requests_.quotas = random_.chance(1, enforced_ ? 2 : 10);
  }

  Script run() {
    connect_anew();
    seed_tree();
    for (uint64_t steps = 8 + random_.below(25); steps > 0; --steps) step();
    return std::move(script_);
  }

 private:
  struct Session {
    int32_t made_by;   // the connection that it was given to
    int32_t attached;  // the connection that holds it, or -1
    int32_t next_xid = 1;
  };

  void step() {
    uint64_t roll = random_.below(100);
    if (attached_count() == 0 || (roll < 5 && attached_count() < kConnectionsMax)) {
      connect_anew();
    } else if (roll < 9) {
      re_attach();
    } else if (roll < 11) {
      bad_connect();
    } else if (roll < 13) {
      drop();
    } else if (roll < 15) {
      close_session();
    } else if (roll < 18) {
      fatal();
    } else {
      batch();
    }
  }

  // --- Sessions --------------------------------------------------------------------------------

  Step& add(Step::Kind kind, int32_t connection) {
    Step step;
    step.kind = kind;
    step.connection = connection;
    if (random_.chance(1, 6)) step.chunk_size = static_cast<uint32_t>(1 + random_.below(40));
    script_.push_back(std::move(step));
    return script_.back();
  }

  size_t attached_count() const {
    size_t count = 0;
    for (const Session& session : sessions_) count += session.attached >= 0;
    return count;
  }

  Session& any_attached() {
    for (;;) {
      Session& session = sessions_[random_.below(sessions_.size())];
      if (session.attached >= 0) return session;
    }
  }

  Body connect_request(int32_t session_of) {
    static constexpr std::array kTimeouts = {60000, 70000,     100000,    0,
                                             -1,    INT32_MIN, INT32_MAX, 150001};
    Body body;
    body.integer(random_.chance(9, 10) ? 0 : static_cast<int32_t>(random_.next()));
    body.longer(random_.chance(9, 10) ? 0 : random_.chance(1, 2) ? -1 : INT64_MIN);
    body.integer(kTimeouts[random_.below(kTimeouts.size())]);
    if (session_of >= 0) {
      body.patched(Patch::Kind::kSessionId, session_of);
      body.integer(16).patched(Patch::Kind::kPassword, session_of);
    } else {
      static constexpr std::array kSizes = {-1, 0, 1, 15, 17, 100};
      int32_t size = random_.chance(3, 4) ? 16 : kSizes[random_.below(kSizes.size())];
      body.longer(0).integer(size).raw(std::string(size < 0 ? 0 : static_cast<size_t>(size), 'p'));
    }
    // 3.4-era clients end here.
    if (random_.chance(1, 4)) return body;
    body.raw(std::string(1, random_.chance(2, 3) ? '\0' : static_cast<char>(random_.below(3))));
    if (random_.chance(1, 20)) body.raw("more");
    return body;
  }

  void connect_anew() {
    int32_t connection = next_connection_++;
    sessions_.push_back({connection, connection});
    Step& step = add(Step::Kind::kConnect, connection);
    step.frames.push_back(payload_frame(connect_request(-1)));
    if (random_.chance(1, 4)) add_requests(step, sessions_.back());
  }

  // Another connection takes a session over, alive, dropped or ended.
  void re_attach() {
    Session& session = sessions_[random_.below(sessions_.size())];
    if (session.attached >= 0) {
      // What the old connection is still owed must have left before it is closed.
      Step& flush = add(Step::Kind::kSend, session.attached);
      flush.frames.push_back(request_frame(-2, static_cast<int32_t>(Opcode::kPing), Body()));
    }
    int32_t connection = next_connection_++;
    Step& step = add(Step::Kind::kConnect, connection);
    step.frames.push_back(payload_frame(connect_request(session.made_by)));
    if (ended_.contains(session.made_by)) {
      step.closes = true;
    } else {
      session.attached = connection;
      session.next_xid = 1;
    }
  }

  // A handshake that is refused, or closed without an answer.
  void bad_connect() {
    Step& step = add(Step::Kind::kConnect, next_connection_++);
    step.closes = true;
    Body body;
    switch (random_.below(4)) {
      case 0:  // the client has seen more than the server
        body.integer(0)
            .longer(INT64_MAX)
            .integer(60000)
            .longer(0)
            .text(std::string(16, '\0'))
            .boolean(false);
        break;
      case 1: {  // cut off before the end of the password
        body = connect_request(-1);
        body.bytes.resize(random_.below(28));
        break;
      }
      case 2:  // a session that never was
        body.integer(0)
            .longer(0)
            .integer(60000)
            .longer(0x7777)
            .text(std::string(16, 'q'))
            .boolean(false);
        break;
      default: {
        // A wrong password. On a session that is attached Java closes the rightful connection.
        int32_t victim = -1;
        for (const Session& session : sessions_) {
          if (session.attached < 0) victim = session.made_by;
        }
        body.integer(0).longer(0).integer(60000);
        if (victim < 0) {
          body.longer(-5);
        } else {
          body.patched(Patch::Kind::kSessionId, victim);
        }
        body.text(std::string(16, 'w'));
        break;
      }
    }
    step.frames.push_back(payload_frame(std::move(body)));
    if (step.frames.back().bytes.size() < 4 + 28) step.frames.back().answered = false;
  }

  void drop() {
    Session& session = any_attached();
    add(Step::Kind::kDrop, session.attached);
    session.attached = -1;
  }

  void close_session() {
    Session& session = any_attached();
    Step& step = add(Step::Kind::kSend, session.attached);
    if (random_.chance(1, 2)) add_requests(step, session);
    Body body;
    if (random_.chance(1, 5)) body.raw("ignored");
    step.frames.push_back(request_frame(
        session.next_xid, static_cast<int32_t>(Opcode::kCloseSession), std::move(body)));
    step.closes = true;
    session.attached = -1;
    ended_.insert(session.made_by);
  }

  void fatal() {
    Session& session = any_attached();
    // Alone: its answer, and the end of the connection, may overtake what was sent before.
    Step& step = add(Step::Kind::kSend, session.attached);
    step.frames.push_back(fatal_frame(random_, session.next_xid));
    step.closes = true;
    session.attached = -1;
  }

  // --- Requests --------------------------------------------------------------------------------

  void seed_tree() {
    if (random_.chance(1, 10)) return;
    Session& session = sessions_.front();
    Step& step = add(Step::Kind::kSend, session.attached);
    for (const char* root : {"/z", "/y"}) {
      Body body = Body().text(root).text("").acl({{{31, "world", "anyone"}}}).integer(0);
      step.frames.push_back(request_frame(session.next_xid++, static_cast<int32_t>(Opcode::kCreate),
                                          std::move(body)));
    }
    for (uint64_t count = random_.below(8); count > 0; --count) {
      step.frames.push_back(plain_create(random_, session.next_xid++));
    }
    if (requests_.quotas) {
      for (const char* path : {"/zookeeper/quota/z", "/zookeeper/quota/z/zookeeper_limits",
                               "/zookeeper/quota/z/zookeeper_stats"}) {
        Body body = Body()
                        .text(path)
                        .text(any_data(random_, path))
                        .acl({{{31, "world", "anyone"}}})
                        .integer(0);
        step.frames.push_back(request_frame(
            session.next_xid++, static_cast<int32_t>(Opcode::kCreate), std::move(body)));
      }
    }
  }

  void add_requests(Step& step, Session& session) {
    uint64_t count =
        enforced_ && requests_.quotas ? 1 : 1 + random_.below(random_.chance(1, 3) ? 20 : 5);
    // Not behind other requests: whether their events find the new ids is a matter of time.
    if (step.frames.size() <= 1 && random_.chance(1, 8))
      step.frames.push_back(accepted_auth(random_));
    for (; count > 0; --count) {
      step.frames.push_back(any_request(random_, session.next_xid++, requests_));
      // Java judges what is sent behind by the old ACL or the new one, as it happens to be applied.
      if (frame_opcode(step.frames.back()) == static_cast<int32_t>(Opcode::kSetAcl)) break;
    }
  }

  void batch() {
    Session& session = any_attached();
    add_requests(add(Step::Kind::kSend, session.attached), session);
  }

  Random random_;
  const bool enforced_;
  RequestOptions requests_;
  Script script_;
  std::vector<Session> sessions_;
  std::set<int32_t> ended_;  // sessions, by the connection that they were made by
  int32_t next_connection_ = 0;
};

}  // namespace

Script generate(uint64_t seed, const GeneratorOptions& options) {
  return Generator(seed, options).run();
}

}  // namespace zookernel::differential
