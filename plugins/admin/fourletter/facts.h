// The table "server" of a view, read once: single facts by name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Facts {
 public:
  // Copies the table; nothing of the view is needed afterwards. Throws std::runtime_error when
  // there is none.
  explicit Facts(const plugin::ServerView& server);

  // A fact that every server tells. Throws std::runtime_error that names it when this one does not.
  [[nodiscard]] int64_t integer(std::string_view name) const;
  [[nodiscard]] double real(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;

  [[nodiscard]] bool has(std::string_view name) const { return facts_.find(name) != facts_.end(); }
  [[nodiscard]] bool serving() const { return integer("serving") != 0; }

 private:
  struct Fact {
    int64_t integer;
    double real;
    std::string text;
  };
  [[nodiscard]] const Fact& fact(std::string_view name) const;

  std::map<std::string, Fact, std::less<>> facts_;
};

// Visits a table that every server has. Throws std::runtime_error that names it when this one has
// not.
template <typename Visitor>
void visit_all(const plugin::ServerView& server, const char* table, Visitor visitor) {
  if (server.visit(table, visitor)) return;
  throw std::runtime_error(std::string("this server has no table \"") + table +
                           "\": use the plugin that came with it");
}

}  // namespace zookernel::fourletter
