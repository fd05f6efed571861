#include "tools/db/transfer/transfer.h"

namespace zookernel::db_tool {
namespace {

Result<Transferred> between(Result<std::unique_ptr<Origin>> from,
                            Result<std::unique_ptr<Receiver>> to) {
  if (!from) return from.error();
  if (!to) return to.error();
  return carry(**from, **to);
}

}  // namespace

// The target first: that it may not be used is the cheaper thing to find out.

Result<Transferred> export_archive(FileSystem& files, const Places& places,
                                   const std::string& archive) {
  auto to = make_archive(files, archive);
  if (!to) return to.error();
  return between(open_directory(files, places), std::move(to));
}

Result<Transferred> import_archive(FileSystem& files, const std::string& archive,
                                   const NewDirectory& wanted) {
  auto to = make_directory(files, wanted);
  if (!to) return to.error();
  return between(open_archive(files, archive), std::move(to));
}

Result<Transferred> copy_directory(FileSystem& files, const Places& places,
                                   const NewDirectory& wanted) {
  auto to = make_directory(files, wanted);
  if (!to) return to.error();
  return between(open_directory(files, places), std::move(to));
}

Result<Transferred> back_up_to_archive(FileSystem& files, const std::string& address,
                                       const std::string& archive) {
  auto to = make_archive(files, archive);
  if (!to) return to.error();
  return between(open_server(address), std::move(to));
}

Result<Transferred> back_up_to_directory(FileSystem& files, const std::string& address,
                                         const NewDirectory& wanted) {
  auto to = make_directory(files, wanted);
  if (!to) return to.error();
  return between(open_server(address), std::move(to));
}

}  // namespace zookernel::db_tool
