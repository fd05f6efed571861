#include "tools/cli/arguments.h"

#include <algorithm>
#include <cctype>

namespace zookernel::cli {

namespace {

Error exception(std::string_view name, std::string text) {
  return {Errc::kInvalid,
          "org.apache.commons.cli." + std::string(name) + "Exception: " + std::move(text)};
}

bool is_negative_number(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  bool digit = false;
  bool point = false;
  for (const char c : word.substr(1)) {
    if (c >= '0' && c <= '9') {
      digit = true;
    } else if (c == '.' && !point) {
      point = true;
    } else {
      return false;
    }
  }
  return digit;
}

class Parser {
 public:
  Parser(std::span<const Option> options, OptionGroup group) : options_(options), group_(group) {}

  Result<Arguments> parse(std::span<const std::string> words) {
    bool only_words = false;
    for (const std::string& word : words) {
      Status status = Unit{};
      if (only_words) {
        result_.words.push_back(word);
      } else if (word == "--") {
        only_words = true;
      } else if (open_ != nullptr && (!looks_like_option(word) || is_negative_number(word))) {
        result_.set_last_value(word);
        open_ = nullptr;
      } else if (word.size() > 1 && word[0] == '-') {
        status = take_options(word);
      } else {
        result_.words.push_back(word);
      }
      if (!status.ok()) return status.error();
    }
    const Status closed = close_open();
    if (!closed.ok()) return closed.error();
    if (group_ == OptionGroup::kExactlyOne && result_.empty()) return missing_group();
    return std::move(result_);
  }

 private:
  [[nodiscard]] const Option* find(std::string_view name) const {
    const auto found = std::find_if(options_.begin(), options_.end(),
                                    [name](const Option& o) { return o.name == name; });
    return found == options_.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool looks_like_option(std::string_view word) const {
    if (word.size() < 2 || word[0] != '-') return false;
    const std::string_view name = word.substr(1, word.find('=') - 1);
    return !name.empty() && (find(name) != nullptr || find(name.substr(0, 1)) != nullptr);
  }

  Status close_open() {
    if (open_ == nullptr) return Unit{};
    return exception("MissingArgument", "Missing argument for option: " + std::string(open_->name));
  }

  Status take_options(std::string_view word) {
    const Status closed = close_open();
    if (!closed.ok()) return closed;
    const std::string_view text = word.substr(1);
    const size_t equals = text.find('=');
    if (const Option* option = find(text)) return take(*option);
    if (equals != std::string_view::npos) {
      const Option* option = find(text.substr(0, equals));
      if (option == nullptr || option->value == Option::Value::kNone) return unknown(word);
      const Status status = take(*option);
      if (!status.ok()) return status;
      result_.set_last_value(std::string(text.substr(equals + 1)));
      open_ = nullptr;
      return Unit{};
    }
    for (size_t i = 0; i < text.size(); ++i) {
      const Option* option = find(text.substr(i, 1));
      if (option == nullptr) return unknown(word);
      const Status status = take(*option);
      if (!status.ok()) return status;
      if (open_ != nullptr && i + 1 < text.size()) {
        result_.set_last_value(std::string(text.substr(i + 1)));
        open_ = nullptr;
        break;
      }
    }
    return Unit{};
  }

  Status take(const Option& option) {
    if (group_ != OptionGroup::kNone && !result_.empty() && result_.first_option() != option.name) {
      return exception("AlreadySelected",
                       "The option '" + std::string(option.name) +
                           "' was specified but an option from this group has already been "
                           "selected: '" +
                           result_.first_option() + "'");
    }
    result_.add(option.name, "");
    if (option.value == Option::Value::kRequired) open_ = &option;
    return Unit{};
  }

  static Status unknown(std::string_view word) {
    return exception("UnrecognizedOption", "Unrecognized option: " + std::string(word));
  }

  [[nodiscard]] Error missing_group() const {
    std::string text = "Missing required option: [";
    for (const Option& option : options_) {
      if (&option != options_.data()) text += ", ";
      text.append("-").append(option.name).append(" ").append(option.description);
    }
    return exception("MissingOption", text + "]");
  }

  std::span<const Option> options_;
  OptionGroup group_;
  const Option* open_ = nullptr;  // it waits for its value
  Arguments result_;
};

}  // namespace

bool Arguments::has(std::string_view option) const {
  return std::any_of(given_.begin(), given_.end(),
                     [option](const auto& given) { return given.first == option; });
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  for (const auto& [name, value] : given_) {
    if (name == option) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Arguments::list(std::string_view option) const {
  std::optional<std::string> joined;
  for (const auto& [name, value] : given_) {
    if (name == option) joined = joined ? *joined + "," + value : value;
  }
  return joined;
}

Result<Arguments> parse_arguments(std::span<const std::string> words,
                                  std::span<const Option> options, OptionGroup group) {
  return Parser(options, group).parse(words);
}

std::string options_text(std::span<const Option> options) {
  std::vector<const Option*> sorted;
  size_t width = 0;
  const auto left = [](const Option& option) {
    std::string text = " -" + std::string(option.name);
    if (option.value == Option::Value::kRequired) text += " <arg>";
    return text;
  };
  for (const Option& option : options) {
    sorted.push_back(&option);
    width = std::max(width, left(option).size());
  }
  const auto lower = [](std::string_view text) {
    std::string made(text);
    for (char& c : made) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return made;
  };
  std::sort(sorted.begin(), sorted.end(),
            [&](const Option* a, const Option* b) { return lower(a->name) < lower(b->name); });
  std::string text;
  for (const Option* option : sorted) {
    std::string line = left(*option);
    line.resize(width + 3, ' ');
    text.append(line).append(option->description).append("\n");
  }
  return text;
}

}  // namespace zookernel::cli
