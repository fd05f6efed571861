// Apache's four-letter words: one extension each, named for its word.
#include "plugins/admin/fourletter/connections.h"
#include "plugins/admin/fourletter/digests.h"
#include "plugins/admin/fourletter/dirs.h"
#include "plugins/admin/fourletter/dump.h"
#include "plugins/admin/fourletter/listings.h"
#include "plugins/admin/fourletter/probes.h"
#include "plugins/admin/fourletter/resets.h"
#include "plugins/admin/fourletter/status.h"
#include "plugins/admin/fourletter/trace_mask.h"
#include "plugins/admin/fourletter/watches.h"
#include "zookernel/admin_command.h"

namespace {

using zookernel::plugin::detail::create_admin_command;
using namespace zookernel::fourletter;

template <typename Command>
constexpr ZookernelExtension word(const char* name) {
  return {sizeof(ZookernelExtension),    ZOOKERNEL_ADMIN_COMMAND_ID, name, nullptr, 0,
          &create_admin_command<Command>};
}

constexpr ZookernelExtension kWords[] = {
    word<Conf>("conf"), word<Cons>("cons"), word<Crst>("crst"), word<Dirs>("dirs"),
    word<Dump>("dump"), word<Envi>("envi"), word<Gtmk>("gtmk"), word<Hash>("hash"),
    word<Isro>("isro"), word<Mntr>("mntr"), word<Ruok>("ruok"), word<Srst>("srst"),
    word<Srvr>("srvr"), word<Stat>("stat"), word<Stmk>("stmk"), word<Wchc>("wchc"),
    word<Wchp>("wchp"), word<Wchs>("wchs"),
};

constexpr ZookernelPlugin kPlugin = {ZOOKERNEL_OUTER_ABI, "zookernel.admin.fourletter", "1.0",
                                     sizeof kWords / sizeof kWords[0], kWords};

}  // namespace

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  return &kPlugin;
}
