#include <deque>

#include "tools/cli/commands/commands.h"
#include "tools/client/path.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {{"b", Option::Value::kRequired, "batch size"}};
constexpr int32_t kBatchDefault = 1000;
// A batch must fit into the server's jute.maxbuffer whatever the length of the paths.
constexpr size_t kBatchBytesMax = 512 * 1024;
// So many batches are under way at once.
constexpr size_t kBatchesUnderWayMax = 10;

using Paths = std::vector<std::string>;

// The subtree in an order in which parents come before their children.
client::Answer<Paths> list_subtree(Context& context, const std::string& root,
                                   std::string& failed_path) {
  Paths tree = {root};
  for (size_t i = 0; i < tree.size(); ++i) {
    const std::string parent = tree[i];
    const auto children = context.zk.get_children(parent, client::Watch::kNo);
    if (!children.ok()) {
      failed_path = parent;
      return {children.error, {}};
    }
    for (const std::string& name : children.value.names) {
      tree.push_back(client::child_path(parent, name));
    }
  }
  return {wire::ErrorCode::kOk, std::move(tree)};
}

bool all_done(const client::Reply& reply) {
  if (reply.error != wire::ErrorCode::kOk) return false;
  wire::Reader reader(reply.body);
  wire::MultiResponse response;
  if (!wire::decode(reader, response)) return false;
  for (const wire::MultiResult& result : response.results) {
    if (result.type == wire::Opcode::kError) return false;
  }
  return true;
}

int delete_in_batches(Context& context, const Paths& tree, size_t batch_size) {
  // The handlers may be called after this function has returned, when it is interrupted.
  struct Progress {
    size_t under_way = 0;
    bool failed = false;
  };
  const auto progress = std::make_shared<Progress>();
  Paths batch;
  size_t bytes = 0;
  const auto send = [&] {
    ++progress->under_way;
    context.zk.start_deletions(batch, [progress](const client::Reply& reply) {
      --progress->under_way;
      if (!all_done(reply)) progress->failed = true;
    });
    batch.clear();
    bytes = 0;
    return context.zk.wait([&] { return progress->under_way < kBatchesUnderWayMax; });
  };
  for (size_t i = tree.size(); i-- > 0 && !progress->failed;) {
    batch.push_back(tree[i]);
    bytes += tree[i].size();
    const bool full = batch.size() == batch_size || bytes >= kBatchBytesMax;
    if ((full || i == 0) && !send()) return kExitInterrupted;
  }
  if (!context.zk.wait([&] { return progress->under_way == 0; })) return kExitInterrupted;
  if (progress->failed) return context.fail("Failed to delete some node(s) in the subtree!");
  return kExitOk;
}

int delete_one_by_one(Context& context, const Paths& tree) {
  for (size_t i = tree.size(); i-- > 0;) {
    const auto answer = context.zk.remove(tree[i], -1);
    if (!answer.ok()) return context.fail(answer.error, tree[i]);
  }
  return kExitOk;
}

int run(Context& context, const Arguments& arguments) {
  const auto batch = context.number(arguments, "b", kBatchDefault);
  if (!batch) return kExitFailed;
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  std::string failed_path;
  const auto tree = list_subtree(context, *path, failed_path);
  if (!tree.ok()) return context.fail(tree.error, failed_path);
  if (*batch <= 0) return delete_one_by_one(context, tree.value);
  return delete_in_batches(context, tree.value, static_cast<size_t>(*batch));
}

}  // namespace

const Command kDeleteAll = {.name = "deleteall",
                            .usage = "path [-b batch size]",
                            .options = kOptions,
                            .words_min = 1,
                            .run = run};

}  // namespace zookernel::cli
