#include "tests/differential/reply_text.h"

#include <algorithm>
#include <vector>

#include "tests/differential/describe.h"
#include "zookernel/bytes.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::differential {

namespace {

using wire::Opcode;

std::string text_of(const wire::OptBytes& value) {
  return value.null ? std::string("null") : quoted(value.bytes);
}

std::string time_text(int64_t value) {
  return value == 0 ? "0" : value < 0 ? "negative" : "time";
}

std::string sorted_strings(wire::Reader& reader) {
  int32_t count = reader.read_count(4);
  if (count < 0) return " null list";
  std::vector<std::string> names;
  for (; count > 0; --count) names.push_back(text_of(reader.read_string()));
  std::sort(names.begin(), names.end());
  std::string text = " [";
  for (const std::string& name : names) text += " " + name;
  return text + " ]";
}

std::string client_infos(wire::Reader& reader) {
  int32_t count = reader.read_count(8);
  if (count < 0) return " null list";
  std::vector<std::string> infos;
  for (; count > 0; --count) {
    std::string scheme = text_of(reader.read_string());
    infos.push_back(scheme + ":" + text_of(reader.read_string()));
  }
  std::sort(infos.begin(), infos.end());
  std::string text = " [";
  for (const std::string& info : infos) text += " " + info;
  return text + " ]";
}

struct AclLine {
  int32_t perms;
  std::string scheme;
  std::string id;
};

std::string acl_text(wire::Reader& reader) {
  int32_t count = reader.read_count(12);
  if (count < 0) return " null acl";
  std::vector<AclLine> lines;
  for (; count > 0; --count) {
    AclLine line;
    line.perms = reader.read_int();
    line.scheme = text_of(reader.read_string());
    line.id = text_of(reader.read_string());
    lines.push_back(std::move(line));
  }
  for (size_t begin = 0; begin < lines.size();) {
    size_t end = begin + 1;
    while (end < lines.size() && lines[begin].scheme == "\"digest\"" &&
           lines[end].scheme == lines[begin].scheme && lines[end].perms == lines[begin].perms) {
      ++end;
    }
    std::sort(lines.begin() + static_cast<ptrdiff_t>(begin),
              lines.begin() + static_cast<ptrdiff_t>(end),
              [](const AclLine& a, const AclLine& b) { return a.id < b.id; });
    begin = end;
  }
  std::string text = " acl [";
  for (const AclLine& line : lines) {
    text += " " + std::to_string(line.perms) + ":" + line.scheme + ":" + line.id;
  }
  return text + " ]";
}

// The path of a request that begins with one, as the node that it names.
std::string_view path_of(const Frame& request) {
  if (request.bytes.size() < 16) return {};
  wire::Reader reader(std::string_view(request.bytes).substr(12));
  std::string_view path = reader.read_string().bytes;
  return reader.ok() && path.empty() ? "/" : path;
}

}  // namespace

std::string ReplyText::zxid(int64_t value) const {
  if (value <= 0) return std::to_string(value);
  if (value < recording_.baseline.zxid) return "old";
  return "+" + std::to_string(value - recording_.baseline.zxid);
}

std::string ReplyText::session(int64_t id) const {
  if (id == 0) return "0";
  auto found = recording_.sessions.find(id);
  if (found == recording_.sessions.end()) return "foreign";
  return "s" + std::to_string(found->second);
}

std::string ReplyText::stat(wire::Reader& reader, std::string_view path) const {
  int64_t czxid = reader.read_long();
  int64_t mzxid = reader.read_long();
  int64_t ctime = reader.read_long();
  int64_t mtime = reader.read_long();
  int32_t version = reader.read_int();
  int32_t cversion = reader.read_int();
  int32_t aversion = reader.read_int();
  int64_t owner = reader.read_long();
  int32_t data_length = reader.read_int();
  int32_t children = reader.read_int();
  int64_t pzxid = reader.read_long();

  std::string versions;
  if (czxid != 0) {
    versions =
        std::to_string(version) + "," + std::to_string(cversion) + "," + std::to_string(aversion);
  } else {
    const auto* const* known = std::find(std::begin(kSystemNodes), std::end(kSystemNodes), path);
    if (known == std::end(kSystemNodes)) {
      versions = "of the system";
    } else {
      const Baseline::Versions& base = recording_.baseline.system[known - kSystemNodes];
      versions = "+" + std::to_string(version - base.version) + ",+" +
                 std::to_string(cversion - base.cversion) + ",+" +
                 std::to_string(aversion - base.aversion);
    }
  }
  // A replay on a fresh server finds nodes of the system that were never written.
  std::string mtime_text = czxid == 0 ? "any" : time_text(mtime);
  return " stat{c " + zxid(czxid) + " m " +
         (czxid == 0 && mzxid <= recording_.baseline.zxid ? "old" : zxid(mzxid)) + " p " +
         (czxid == 0 && pzxid <= recording_.baseline.zxid ? "old" : zxid(pzxid)) + " ctime " +
         time_text(ctime) + " mtime " + mtime_text + " v " + versions + " owner " + session(owner) +
         " data " + std::to_string(data_length) + " children " + std::to_string(children) + "}";
}

std::string ReplyText::data_and_stat(wire::Reader& reader, std::string_view path) const {
  std::string data = text_of(reader.read_buffer());
  return " data " + data + stat(reader, path);
}

std::string ReplyText::acl_and_stat(wire::Reader& reader, std::string_view path) const {
  std::string acl = acl_text(reader);
  return acl + stat(reader, path);
}

std::string ReplyText::multi(wire::Reader& reader, bool reads) const {
  std::string text;
  while (reader.ok()) {
    int32_t type = reader.read_int();
    bool done = reader.read_bool();
    int32_t error = reader.read_int();
    if (done) {
      text += type == -1 && error == -1 ? " end" : " odd end";
      break;
    }
    text += " | " + std::to_string(type) + " err " + std::to_string(error);
    switch (static_cast<Opcode>(type)) {
      case Opcode::kError:
        text += " code " + std::to_string(reader.read_int());
        break;
      case Opcode::kCreate:
        text += " path " + text_of(reader.read_string());
        break;
      case Opcode::kCreate2:
        text += " path " + text_of(reader.read_string());
        text += stat(reader, {});
        break;
      case Opcode::kSetData:
        text += stat(reader, {});
        break;
      case Opcode::kGetData:
        if (reads) text += data_and_stat(reader, {});
        break;
      case Opcode::kGetChildren:
        if (reads) text += sorted_strings(reader);
        break;
      default:
        break;
    }
  }
  return text;
}

std::string ReplyText::known_body(int32_t opcode, std::string_view path,
                                  wire::Reader& reader) const {
  switch (static_cast<Opcode>(opcode)) {
    case Opcode::kCreate:
    case Opcode::kSync:
      return " path " + text_of(reader.read_string());
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl: {
      std::string created = text_of(reader.read_string());
      return " path " + created + stat(reader, path);
    }
    case Opcode::kExists:
    case Opcode::kSetData:
    case Opcode::kSetAcl:
      return stat(reader, path);
    case Opcode::kGetData:
      return data_and_stat(reader, path);
    case Opcode::kGetAcl:
      return acl_and_stat(reader, path);
    case Opcode::kGetChildren:
    case Opcode::kGetEphemerals:
      return sorted_strings(reader);
    case Opcode::kGetChildren2: {
      std::string children = sorted_strings(reader);
      return children + stat(reader, path);
    }
    case Opcode::kMulti:
      return multi(reader, false);
    case Opcode::kMultiRead:
      return multi(reader, true);
    case Opcode::kAddWatch:
    case Opcode::kGetAllChildrenNumber:
      return " number " + std::to_string(reader.read_int());
    case Opcode::kWhoAmI:
      return client_infos(reader);
    case Opcode::kSasl:
      return " token " + text_of(reader.read_buffer());
    default:
      return "";
  }
}

std::string ReplyText::body(const Frame& request, int32_t error, std::string_view bytes) const {
  int32_t opcode = frame_opcode(request);
  wire::Reader reader(bytes);
  std::string text;
  // A refused request has no body, but for one of multiRead.
  if (error == 0 || (opcode == static_cast<int32_t>(Opcode::kMultiRead) && !bytes.empty())) {
    text = known_body(opcode, path_of(request), reader);
    if (!reader.ok()) return " unreadable " + quoted(bytes);
  }
  if (reader.remaining() != 0) text += " rest " + quoted(reader.rest());
  return text;
}

std::string ReplyText::event(std::string_view bytes) const {
  wire::Reader reader(bytes);
  std::string text = " type " + std::to_string(reader.read_int());
  text += " state " + std::to_string(reader.read_int());
  text += " path " + text_of(reader.read_string());
  if (!reader.ok() || reader.remaining() != 0) return " unreadable " + quoted(bytes);
  return text;
}

std::string ReplyText::connect_response(std::string_view bytes, int32_t connection) const {
  wire::Reader reader(bytes);
  std::string text = " protocol " + std::to_string(reader.read_int());
  text += " timeout " + std::to_string(reader.read_int());
  int64_t id = reader.read_long();
  wire::OptBytes password = reader.read_buffer();
  if (!reader.ok()) return " unreadable " + quoted(bytes);
  text +=
      " session " + session(id) + " password " + std::to_string(password.bytes.size()) + " bytes";
  if (password.bytes.find_first_not_of('\0') == std::string_view::npos) text += " of zeros";
  auto made_by = recording_.sessions.find(id);
  if (made_by != recording_.sessions.end() && made_by->second != connection) {
    const auto& first = recording_.connections.at(made_by->second).frames.front();
    wire::Reader other(first);
    other.read_raw(16);
    text += other.read_buffer() == password ? " as before" : " changed";
  }
  text += " read-only byte " +
          (reader.remaining() == 0 ? std::string("absent") : quoted(reader.rest()));
  return text;
}

}  // namespace zookernel::differential
