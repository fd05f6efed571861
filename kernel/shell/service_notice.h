// Tells the service manager that started this process how far it is: systemd's protocol, one
// datagram of lines to the socket that NOTIFY_SOCKET names. Plain socket code, because that is all
// of the protocol that is needed, and a portable program cannot need libsystemd, which many systems
// do not have.
#pragma once

#include <string>
#include <string_view>

#include "zookernel/result.h"

namespace zookernel::shell {

// Sends `state`, for example "READY=1\nSTATUS=serving". Nothing happens, and that is no error,
// without a NOTIFY_SOCKET. [any]
Status notify_service(std::string_view state);

// The value of a STATUS line, which ends at the first end of line. Shown by `systemctl status`.
std::string status_line(std::string_view text);

}  // namespace zookernel::shell
