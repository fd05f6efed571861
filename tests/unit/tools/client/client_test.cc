// The client over real sockets, against a server that says what the test tells it to.
#include "tools/client/client.h"

#include <netinet/in.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <thread>

#include "zookernel/wire/frame.h"

using namespace zookernel;
using namespace zookernel::client;
using wire::ErrorCode;

namespace {

// Serves one connection after the other, each by the next script, on a port of the system's choice.
class ScriptedServer {
 public:
  using Script = std::function<void(int descriptor)>;

  explicit ScriptedServer(std::vector<Script> scripts) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_, generic, sizeof address) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, scripts = std::move(scripts)] {
      for (const Script& script : scripts) {
        const int descriptor = ::accept(listener_, nullptr, nullptr);
        if (descriptor < 0) return;
        script(descriptor);
        ::close(descriptor);
      }
    });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string connect_string() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

std::string read_frame(int descriptor) {
  const auto read_exactly = [descriptor](size_t size) {
    std::string bytes(size, '\0');
    size_t done = 0;
    while (done < size) {
      const ssize_t got = ::read(descriptor, bytes.data() + done, size - done);
      if (got <= 0) return std::string();
      done += static_cast<size_t>(got);
    }
    return bytes;
  };
  const std::string length = read_exactly(4);
  return length.empty() ? length : read_exactly(load_be32(length.data()));
}

void send_frame(int descriptor, const std::string& payload) {
  std::string frame(4, '\0');
  store_be32(frame.data(), static_cast<uint32_t>(payload.size()));
  frame += payload;
  CHECK(::write(descriptor, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
}

void accept_session(int descriptor) {
  CHECK(!read_frame(descriptor).empty());
  wire::ConnectResponse response;
  response.timeout = 10000;
  response.session_id = 1;
  response.passwd = std::string(16, 'p');
  response.read_only = false;
  send_frame(descriptor, wire::encoded(response));
}

void answer(int descriptor, ErrorCode error, const std::string& body) {
  const std::string request = read_frame(descriptor);
  REQUIRE(request.size() >= 8);
  const auto xid = static_cast<int32_t>(load_be32(request.data()));
  send_frame(descriptor,
             wire::encoded(wire::ReplyHeader{xid, 3, static_cast<int32_t>(error)}) + body);
}

Client make_client(const std::string& connect_string, std::vector<WatchedEvent>& events) {
  return Client(*parse_connect_string(connect_string), {},
                [&events](const WatchedEvent& event) { events.push_back(event); });
}

const std::string kData = wire::encoded(wire::GetDataResponse{"hello", {}});

}  // namespace

TEST_CASE("Client: a call waits for its answer", "[client]") {
  ScriptedServer server({[](int d) {
    accept_session(d);
    answer(d, ErrorCode::kOk, kData);
  }});
  std::vector<WatchedEvent> events;
  Client client = make_client(server.connect_string(), events);

  const auto data = client.get_data("/a", Watch::kNo);

  CHECK(data.ok());
  CHECK(data.value.bytes == "hello");
}

TEST_CASE("Client: a server that does not listen is passed over for one that does", "[client]") {
  ScriptedServer server({[](int d) {
    accept_session(d);
    answer(d, ErrorCode::kOk, kData);
  }});
  std::vector<WatchedEvent> events;
  Client client = make_client("127.0.0.1:1,127.0.0.1:1," + server.connect_string(), events);

  CHECK(client.get_data("/a", Watch::kNo).ok());
}

TEST_CASE("Client: a call fails when no server can be reached, and says why", "[client]") {
  std::vector<WatchedEvent> events;
  Client client = make_client("127.0.0.1:1", events);

  CHECK(client.get_data("/a", Watch::kNo).error == ErrorCode::kConnectionLoss);
  CHECK(client.connection().problem().find("connect to 127.0.0.1:1") != std::string::npos);
}

TEST_CASE("Client: a request that was lost with its connection fails, the next one reconnects",
          "[client]") {
  ScriptedServer server({[](int d) {
                           accept_session(d);
                           read_frame(d);
                         },
                         [](int d) {
                           accept_session(d);
                           answer(d, ErrorCode::kOk, kData);
                         }});
  std::vector<WatchedEvent> events;
  Client client = make_client(server.connect_string(), events);

  CHECK(client.get_data("/a", Watch::kNo).error == ErrorCode::kConnectionLoss);
  CHECK(client.get_data("/a", Watch::kNo).ok());

  REQUIRE(events.size() == 3);
  CHECK(events[1].state == wire::KeeperState::kDisconnected);
}

TEST_CASE("Client: an answer that is no record is an error of its own", "[client]") {
  ScriptedServer server({[](int d) {
    accept_session(d);
    answer(d, ErrorCode::kOk, "short");
  }});
  std::vector<WatchedEvent> events;
  Client client = make_client(server.connect_string(), events);

  CHECK(client.get_data("/a", Watch::kNo).error == ErrorCode::kMarshallingError);
}

TEST_CASE("Client: a server that speaks something else is named", "[client]") {
  ScriptedServer server({[](int d) {
    const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    CHECK(::write(d, text.data(), text.size()) > 0);
    read_frame(d);
  }});
  std::vector<WatchedEvent> events;
  Client client = make_client(server.connect_string(), events);

  CHECK(client.get_data("/a", Watch::kNo).error == ErrorCode::kConnectionLoss);
  CHECK(client.connection().problem().find("frame that cannot be") != std::string::npos);
}
