#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::Opcode;

namespace {

// A command that lists the watches, counts its runs and says how many rows it saw.
struct Lister {
  Lister() {
    table.size = sizeof table;
    table.self = this;
    table.run = [](void* self, const ZookernelServerView* server, ZookernelText,
                   const ZookernelSink* text, const ZookernelSink*) -> int32_t {
      Lister& lister = *static_cast<Lister*>(self);
      ++lister.runs;
      size_t rows = 0;
      server->visit(
          server->context, "watches",
          [](void* context, const ZookernelValue*, uint32_t) -> int32_t {
            ++*static_cast<size_t*>(context);
            return 0;
          },
          &rows);
      const std::string answer = std::to_string(rows) + " rows\n";
      text->put(text->context, {answer.data(), answer.size()});
      return 1;
    };
  }
  ZookernelAdminCommand table{};
  int runs = 0;
};

core::Options options_with_thread() {
  core::Options options;
  options.all_admin_words = true;
  options.admin_thread = true;
  return options;
}

void watch(CoreWorld& world, ConnId conn, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    const std::string path = "/w" + std::to_string(i);
    world.send(conn, i + 1, Opcode::kExists, wire::ExistsRequest{path, true});
    static_cast<void>(world.next(conn));
  }
}

}  // namespace

TEST_CASE("AdminCalls: a backup has to be allowed by name", "[core][admin]") {
  CoreWorld all(options_with_thread(), {}, {});
  const ConnId stranger = all.open();
  all.admin(stranger, "snap");
  CHECK(all.text(stranger) == "snap is not executed because it is not in the whitelist.\n");
  CHECK(all.closed(stranger));
  CHECK(all.admin_runs.empty());

  core::Options options = options_with_thread();
  options.admin_words.insert("snap");
  CoreWorld world(options, {}, {});
  const ConnId operator_ = world.open();
  world.admin(operator_, "snap");
  CHECK_FALSE(world.closed(operator_));
  REQUIRE(world.admin_runs.size() == 1);
  CHECK(world.admin_runs[0].conn == operator_);
  CHECK(world.admin_runs[0].command == nullptr);
  world.step(core::AdminAnswer{operator_, "first,", false});
  world.step(core::AdminAnswer{operator_, "last", true});
  CHECK(world.text(operator_) == "first,last");
  CHECK(world.closed(operator_));
}

TEST_CASE("AdminCalls: a short listing is answered at once", "[core][admin]") {
  Lister lister;
  CoreWorld world(options_with_thread(), {}, {{"list", &lister.table}});
  watch(world, world.connect(), 0, 1000);
  const ConnId asking = world.open();

  world.admin(asking, "list");

  CHECK(world.text(asking) == "1000 rows\n");
  CHECK(world.closed(asking));
  CHECK(world.admin_runs.empty());
}

TEST_CASE("AdminCalls: without the thread a long listing is answered at once, too",
          "[core][admin]") {
  Lister lister;
  core::Options options = options_with_thread();
  options.admin_thread = false;
  CoreWorld world(options, {}, {{"list", &lister.table}});
  watch(world, world.connect(), 0, 2500);
  const ConnId asking = world.open();

  world.admin(asking, "list");

  CHECK(world.text(asking) == "2500 rows\n");
}

TEST_CASE("AdminCalls: a long listing is handed over and read in slices", "[core][admin]") {
  Lister lister;
  CoreWorld world(options_with_thread(), {}, {{"list", &lister.table}});
  const ConnId watcher = world.connect();
  watch(world, watcher, 0, 2500);
  const ConnId asking = world.open();

  world.admin(asking, "list");

  CHECK(world.text(asking).empty());
  CHECK_FALSE(world.closed(asking));
  REQUIRE(world.admin_runs.size() == 1);
  CHECK(world.admin_runs[0].conn == asking);
  CHECK(world.admin_runs[0].command == &lister.table);
  size_t rows = 0, slices = 0;
  for (bool first = true, end = false; !end; first = false, ++slices) {
    // The asker says how much: here a little more each time.
    const size_t budget = 100 + 10 * slices;
    world.step(core::AdminRead{asking, "watches", first, budget});
    REQUIRE(world.admin_blocks.size() == slices + 1);
    const core::AdminBlock& block = world.admin_blocks.back();
    REQUIRE(block.known);
    // A watch is a path of its own here.
    CHECK(block.rows.rows() == std::min(budget, 2500 - rows));
    rows += block.rows.rows();
    end = block.end;
    // Clients are served in between.
    world.send(watcher, 9000, Opcode::kExists, wire::ExistsRequest{"/", false});
    CHECK(world.error_of(watcher, 9000) == wire::ErrorCode::kOk);
  }
  CHECK(rows == 2500);
  world.step(core::AdminAnswer{asking, "two ", false});
  CHECK_FALSE(world.closed(asking));
  world.step(core::AdminAnswer{asking, "pieces", true});
  CHECK(world.text(asking) == "two pieces");
  CHECK(world.closed(asking));
}

TEST_CASE("AdminCalls: a command that is handed over is not run here meanwhile", "[core][admin]") {
  Lister lister, other;
  CoreWorld world(options_with_thread(), {}, {{"list", &lister.table}, {"else", &other.table}});
  const ConnId watcher = world.connect();
  watch(world, watcher, 0, 1001);
  const ConnId first = world.open(), second = world.open(), third = world.open(),
               fourth = world.open();
  world.admin(first, "list");
  world.close(watcher);
  const int runs = lister.runs;

  world.admin(second, "list");
  world.admin(third, "else");

  CHECK(lister.runs == runs);
  CHECK(world.admin_runs.size() == 2);
  CHECK(world.text(third) == "0 rows\n");
  world.step(core::AdminAnswer{first, "x", true});
  world.step(core::AdminAnswer{second, "y", true});
  world.admin(fourth, "list");
  CHECK(world.text(fourth) == "0 rows\n");
}

TEST_CASE("AdminCalls: who goes away while a listing is made gets nothing, and no rows are read",
          "[core][admin]") {
  Lister lister;
  CoreWorld world(options_with_thread(), {}, {{"list", &lister.table}});
  watch(world, world.connect(), 0, 1001);
  const ConnId asking = world.open();
  world.admin(asking, "list");
  world.close(asking);

  world.step(core::AdminRead{asking, "watches", true});
  world.step(core::AdminAnswer{asking, "text", true});

  REQUIRE(world.admin_blocks.size() == 1);
  CHECK(world.admin_blocks[0].end);
  CHECK(world.admin_blocks[0].rows.rows() == 0);
  CHECK(world.text(asking).empty());
}

TEST_CASE("AdminCalls: tables and actions that do not exist are unknown on the thread, too",
          "[core][admin]") {
  Lister lister;
  CoreWorld world(options_with_thread(), {}, {{"list", &lister.table}});
  watch(world, world.connect(), 0, 1001);
  const ConnId asking = world.open();
  world.admin(asking, "list");

  world.step(core::AdminRead{asking, "nothing", true});
  world.step(core::AdminRead{asking, "connections", true});
  world.step(core::AdminAction{asking, "nothing", 0});
  world.step(core::AdminAction{asking, "set_trace_mask", 5});

  REQUIRE(world.admin_blocks.size() == 4);
  CHECK_FALSE(world.admin_blocks[0].known);
  CHECK(world.admin_blocks[1].known);
  CHECK(world.admin_blocks[1].rows.rows() == 2);
  CHECK_FALSE(world.admin_blocks[2].known);
  CHECK(world.admin_blocks[3].known);
}
