// What zookernel-load can do, one function a mode. Each adds what it found to the report; an error
// is a failed connection, a wrong or missing reply, or a file that cannot be written, and then the
// report is not to be used.
#pragma once

#include <sys/types.h>
#include <zookernel/result.h>

#include "tests/bench/options.h"
#include "tests/bench/report.h"

namespace zookernel::bench {

// get and set: pipelined requests. Each connection has a znode of its own, ROOT/nNUMBER, unless
// options.shared. Adds requests, seconds, per_s, latencies, client_cpu_s and, when known,
// server_cpu_s and server_cpu_s_per_1m.
[[nodiscard]] Status run_throughput(const Options& options, Report& report);

// One session, one request at a time.
[[nodiscard]] Status run_latency(const Options& options, Report& report);

// Opens options.sessions sessions, options.window at a time, holds all, then closes all in the same
// way. Adds opened_per_s, closed_per_s and the latencies of opening.
[[nodiscard]] Status run_connect(const Options& options, Report& report);

// options.sessions sessions watch one znode, which is set options.count times (20 by default); each
// time all of them watch it again first. Adds sessions, rounds, and the times from the sending of
// the set until the last session has its event.
[[nodiscard]] Status run_fan_out(const Options& options, Report& report);

// Creates options.nodes znodes ROOT/DIRECTORY/nNUMBER. The tree must not exist.
[[nodiscard]] Status run_fill(const Options& options, Report& report);

// Compares the directories' numbers of children with what run_fill creates, and the data of a
// sample of the nodes.
[[nodiscard]] Status run_verify(const Options& options, Report& report);

// Waits until process `pid` serves: a new session, then getData("/"). Tries again and again in
// steps of a fraction of a millisecond, and does not rely on any single connection: one that stays
// unanswered is joined by others. An error when the process ends or the time is over. Adds
// monotonic_ns (when the read was answered), server_cpu_s and attempts.
[[nodiscard]] Status await_first_read(const Options& options, pid_t pid, Report& report);

// The same for the process that is named on standard input.
[[nodiscard]] Status run_first_read(const Options& options, Report& report);

// Writes records of options.size bytes to a file in options.directory, each followed by fdatasync,
// in two ways: "append", where the file has its length but no blocks yet, as a transaction log
// does, and "overwrite", where it has both.
[[nodiscard]] Status run_fsync_probe(const Options& options, Report& report);

// Prints {"port": N} at once and serves until the process is told to end.
[[nodiscard]] Status run_echo(const Options& options);

}  // namespace zookernel::bench
