#include "plugins/transport/tcp/tcp_transport.h"

namespace {

using zookernel::transport::TcpTransport;

constexpr ZookernelOption kOptions[] = {
    {"transport.threads", "0",
     "I/O threads for client connections; 0: the core thread drives the sockets itself"},
    {"clientTcpKeepAlive", "false", "SO_KEEPALIVE on client connections"},
};

}  // namespace

ZOOKERNEL_INNER_PLUGIN("org.zookernel.transport.tcp", "1.0", TcpTransport, "tcp", kOptions)
