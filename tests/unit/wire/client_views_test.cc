#include "zookernel/wire/records/client_views.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/record_check.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using wire_test::check_view_truncation;
using wire_test::text;

const Acl kOpenAcl{kPermAll, {"world", "anyone"}};

OptBytes some(Bytes value) {
  return {value, false};
}

template <typename T>
std::string written(const T& value) {
  Buffer out;
  Writer writer(out);
  write(writer, value);
  return std::string(out.view());
}

TEST_CASE("Views: a create is read field by field and borrows", "[wire][views]") {
  const std::string in =
      encoded(CreateRequest{"/a", "data", {kOpenAcl, {1, {"ip", "10.0.0.1"}}}, 2});
  Reader reader(in);
  CreateRequestView view;

  REQUIRE(read(reader, view));
  CHECK(view.path == some("/a"));
  CHECK(view.data == some("data"));
  CHECK(view.data.bytes.data() >= in.data());
  CHECK(view.data.bytes.data() < in.data() + in.size());
  CHECK_FALSE(view.acl.null);
  REQUIRE(view.acl.entries.size() == 2);
  CHECK(view.acl.entries[0] == AclView{kPermAll, some("world"), some("anyone")});
  CHECK(view.acl.entries[1] == AclView{1, some("ip"), some("10.0.0.1")});
  CHECK(view.acl.raw == encoded(SetAclRequest{"", {kOpenAcl, {1, {"ip", "10.0.0.1"}}}, 0})
                            .substr(4, view.acl.raw.size()));
  CHECK(written(view.acl) == view.acl.raw);
  CHECK(view.flags == 2);
  CHECK(reader.remaining() == 0);
}

TEST_CASE("Views: a view that is used again forgets what it held", "[wire][views]") {
  CreateRequestView view;
  const std::string first = encoded(CreateRequest{"/a", "data", {kOpenAcl}, 2});
  Reader first_reader(first);
  REQUIRE(read(first_reader, view));

  const std::string second = bytes("ffffffff ffffffff ffffffff 00000000");
  Reader second_reader(second);
  REQUIRE(read(second_reader, view));

  CHECK(view.path.null);
  CHECK(view.data.null);
  CHECK(view.acl.null);
  CHECK(view.acl.entries.empty());
  CHECK(written(view.acl) == bytes("ffffffff"));
}

TEST_CASE("Views: nulls inside an ACL and a list of paths are passed on", "[wire][views]") {
  const std::string acl_in = bytes("00000001 00000001 ffffffff ffffffff");
  Reader acl_reader(acl_in);
  AclListView acl;
  REQUIRE(read(acl_reader, acl));
  CHECK(acl.entries.at(0) == AclView{1, {{}, true}, {{}, true}});
  CHECK(written(acl) == acl_in);

  const std::string paths_in = bytes("00000002 ffffffff 00000000");
  Reader paths_reader(paths_in);
  PathListView paths;
  REQUIRE(read(paths_reader, paths));
  CHECK(paths.paths == std::vector<OptBytes>{{{}, true}, {{}, false}});
}

TEST_CASE("Views: a vector of no elements is told apart from null", "[wire][views]") {
  for (const auto& [in_text, null] :
       {std::pair{"ffffffff", true}, {"00000000", false}, {"fffffffe", false}}) {
    INFO(in_text);
    const std::string in = bytes(in_text);
    Reader reader(in);
    PathListView paths;

    REQUIRE(read(reader, paths));
    CHECK(paths.null == null);
    CHECK(paths.paths.empty());
  }
}

TEST_CASE("Views: a handshake tells whether the client is an old one", "[wire][views]") {
  ConnectRequest request{0, 5, 6000, 7, "pw", {}};
  const std::string old_client = encoded(request);
  request.read_only = true;
  const std::string modern_client = encoded(request);

  ConnectRequestView view;
  Reader old_reader(old_client);
  REQUIRE(read(old_reader, view));
  CHECK_FALSE(view.has_read_only);
  CHECK_FALSE(view.read_only);
  Reader modern_reader(modern_client);
  REQUIRE(read(modern_reader, view));
  CHECK(view.has_read_only);
  CHECK(view.read_only);
  CHECK(view.last_zxid_seen == 5);
  CHECK(view.timeout == 6000);
  CHECK(view.session_id == 7);
  CHECK(view.passwd == some("pw"));
  check_view_truncation<ConnectRequestView>(modern_client, modern_client.size() - 1);
}

TEST_CASE("Views: every request fails when it is cut at any byte", "[wire][views]") {
  const std::string acl_request = encoded(SetAclRequest{"/a", {kOpenAcl}, 3});
  check_view_truncation<RequestHeader>(encoded(RequestHeader{1, 2}));
  check_view_truncation<ReplyHeader>(encoded(ReplyHeader{1, 2, 3}));
  check_view_truncation<MultiHeader>(encoded(MultiHeader{1, false, -1}));
  check_view_truncation<Stat>(encoded(Stat{}));
  check_view_truncation<CreateRequestView>(encoded(CreateRequest{"/a", "d", {kOpenAcl}, 2}));
  check_view_truncation<CreateTtlRequestView>(
      encoded(CreateTtlRequest{"/a", "d", {kOpenAcl}, 5, 9}));
  check_view_truncation<DeleteRequestView>(encoded(DeleteRequest{"/a", 2}));
  check_view_truncation<PathWatchRequestView>(encoded(ExistsRequest{"/a", true}));
  check_view_truncation<SetDataRequestView>(encoded(SetDataRequest{"/a", "d", 2}));
  check_view_truncation<PathRequestView>(encoded(GetAclRequest{"/a"}));
  check_view_truncation<SetAclRequestView>(acl_request);
  check_view_truncation<CheckVersionRequestView>(encoded(CheckVersionRequest{"/a", 2}));
  check_view_truncation<WatchesRequestView>(encoded(CheckWatchesRequest{"/a", 2}));
  check_view_truncation<AddWatchRequestView>(encoded(AddWatchRequest{"/a", 1}));
  check_view_truncation<ReconfigRequestView>(encoded(ReconfigRequest{"a", "b", std::nullopt, 4}));
  check_view_truncation<AuthPacketView>(encoded(AuthPacket{0, "digest", "a:b"}));
  check_view_truncation<SaslRequestView>(encoded(GetSaslRequest{"token"}));
  check_view_truncation<SetWatchesRequestView>(encoded(SetWatches{1, {"/a"}, {"/b"}, {"/c"}}));
  check_view_truncation<SetWatches2RequestView>(
      encoded(SetWatches2{1, {"/a"}, {"/b"}, {"/c"}, {"/d"}, {"/e"}}));
}

TEST_CASE("Views: fields land where they belong", "[wire][views]") {
  const std::string ttl_in = encoded(CreateTtlRequest{"/t", "d", {kOpenAcl}, 5, 99});
  Reader ttl_reader(ttl_in);
  CreateTtlRequestView ttl;
  REQUIRE(read(ttl_reader, ttl));
  CHECK(ttl.flags == 5);
  CHECK(ttl.ttl == 99);

  const std::string set_in = encoded(SetDataRequest{"/s", "d", 7});
  Reader set_reader(set_in);
  SetDataRequestView set;
  REQUIRE(read(set_reader, set));
  CHECK(set.path == some("/s"));
  CHECK(set.data == some("d"));
  CHECK(set.version == 7);

  const std::string watches_in = encoded(SetWatches2{1, {"/a"}, {"/b"}, {"/c"}, {"/d"}, {"/e"}});
  Reader watches_reader(watches_in);
  SetWatches2RequestView watches;
  REQUIRE(read(watches_reader, watches));
  CHECK(watches.relative_zxid == 1);
  CHECK(watches.data_watches.paths.at(0) == some("/a"));
  CHECK(watches.exist_watches.paths.at(0) == some("/b"));
  CHECK(watches.child_watches.paths.at(0) == some("/c"));
  CHECK(watches.persistent_watches.paths.at(0) == some("/d"));
  CHECK(watches.persistent_recursive_watches.paths.at(0) == some("/e"));

  const std::string reconfig_in = encoded(ReconfigRequest{"j", std::nullopt, "n", 4});
  Reader reconfig_reader(reconfig_in);
  ReconfigRequestView reconfig;
  REQUIRE(read(reconfig_reader, reconfig));
  CHECK(reconfig.joining_servers == some("j"));
  CHECK(reconfig.leaving_servers.null);
  CHECK(reconfig.new_members == some("n"));
  CHECK(reconfig.cur_config_id == 4);

  const std::string auth_in = encoded(AuthPacket{9, "digest", std::nullopt});
  Reader auth_reader(auth_in);
  AuthPacketView auth;
  REQUIRE(read(auth_reader, auth));
  CHECK(auth.type == 9);
  CHECK(auth.scheme == some("digest"));
  CHECK(auth.auth.null);
}

TEST_CASE("Views: a length above the reader's limit fails, whatever the frame holds",
          "[wire][views]") {
  const std::string in = encoded(SetDataRequest{"/s", std::string(100, 'd'), 7});
  Reader reader(in, 99);
  SetDataRequestView view;

  CHECK_FALSE(read(reader, view));
}

TEST_CASE("Views: the fast writers write what the records do", "[wire][views]") {
  const Stat stat{1, 2, 3, 4, 5, -6, 7, 8, 9, 10, 11};
  CHECK(text(written(stat)) == text(encoded(stat)));
  CHECK(text(written(RequestHeader{-8, 101})) == text(encoded(RequestHeader{-8, 101})));
  CHECK(text(written(ReplyHeader{-2, 1ll << 40, -127})) ==
        text(encoded(ReplyHeader{-2, 1ll << 40, -127})));
  CHECK(text(written(MultiHeader{14, true, -5})) == text(encoded(MultiHeader{14, true, -5})));

  Stat read_back;
  const std::string in = written(stat);
  Reader reader(in);
  REQUIRE(read(reader, read_back));
  CHECK(read_back == stat);
}

}  // namespace
}  // namespace zookernel::wire
