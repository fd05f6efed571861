// The files that hold who takes part, when that changes while the server runs: beside zoo.cfg,
//
//   zoo.cfg.dynamic.<hex version>   what is in force; zoo.cfg points there with dynamicConfigFile
//   zoo.cfg.dynamic.next            what is proposed, with its version in a line; gone when it is
//   in
//                                   force
//
// zoo.cfg loses its server, group, weight and peerType lines, and clientPort where the own line has
// it; comments stay. Each file is replaced as a whole, and durable when a call returns. Only with
// reconfigEnabled. Source: QuorumPeerConfig.
#pragma once

#include <string>
#include <string_view>

#include "zookernel/consensus.h"
#include "zookernel/file_system.h"
#include "zookernel/result.h"

namespace zookernel::shell {

class DynamicConfig {
 public:
  // `path` is zoo.cfg's. Borrows the file system.
  DynamicConfig(FileSystem& files, std::string path, Ensemble ensemble);

  // Before the first change: zoo.cfg is copied to zoo.cfg.bak unless it points to a dynamic file
  // already. [startup]
  Status keep_original();
  // [log]
  Status save(const ConfigFile& file);

 private:
  Status save_proposed(const std::string& text);
  Status save_in_force(const std::string& text);
  Status point_to(const std::string& dynamic_path, bool client_port_moved);
  Result<std::string> read(const std::string& path);
  Status replace(const std::string& path, const std::string& content);
  [[nodiscard]] std::string directory() const;

  FileSystem& files_;
  const std::string path_;
  const Ensemble ensemble_;  // for what is not in the texts
};

// Of zoo.cfg: where what is proposed is kept.
[[nodiscard]] std::string proposed_path(const std::string& config_path);

}  // namespace zookernel::shell
