#include "kernel/shell/given_settings.h"

#include <utility>

#include "kernel/shell/config_keys.h"

namespace zookernel::shell {
namespace {

using Entries = std::map<std::string, Given, std::less<>>;

const Given* look_up(const Entries& entries, std::string_view key) {
  const auto at = entries.find(key);
  return at == entries.end() ? nullptr : &at->second;
}

}  // namespace

void GivenSettings::add_file(const std::string& name, const std::vector<Property>& properties) {
  for (const Property& each : properties) {
    Given given{each.key, each.value, name + ":" + std::to_string(each.line)};
    const auto [at, added] = file_.try_emplace(each.key, given);
    if (added) continue;
    repeated_.push_back(std::exchange(at->second, std::move(given)));
  }
}

void GivenSettings::add_flags(const std::string& variable, const JvmFlags& flags) {
  for (const Property& each : flags.definitions)
    flags_[each.key] = Given{each.key, each.value, variable, true};
}

const Given* GivenSettings::find(std::string_view key) const {
  const KeyInfo* known = find_key(key);
  if (known != nullptr) key = known->key;
  if (const Given* given = look_up(file_, key)) return given;
  if (known != nullptr && known->alias != nullptr) {
    if (const Given* given = look_up(file_, known->alias)) return given;
  }
  if (const Given* given = find_flag(key)) return given;
  return known != nullptr && known->alias != nullptr ? find_flag(known->alias) : nullptr;
}

const Given* GivenSettings::named_in(std::string_view message) const {
  const Given* named = nullptr;
  size_t longest = 0;
  for (const Entries* entries : {&file_, &flags_}) {
    for (const auto& [key, given] : *entries) {
      std::string text = key + "=" + given.value;
      // Plugins know a property by its name in zoo.cfg.
      if (text.starts_with(kPropertyPrefix)) text.erase(0, kPropertyPrefix.size());
      if (text.size() <= longest || message.find(text) == std::string_view::npos) continue;
      named = &given;
      longest = text.size();
    }
  }
  return named;
}

const Given* GivenSettings::find_flag(std::string_view key) const {
  const KeyInfo* known = find_key(key);
  // Keys that are in no table belong to plugins: they pass through like Apache's.
  const PropertyForm form = known == nullptr ? PropertyForm::kPrefixed : known->property;
  if (form == PropertyForm::kPrefixed || form == PropertyForm::kBoth) {
    if (const Given* given = look_up(flags_, std::string(kPropertyPrefix) + std::string(key)))
      return given;
  }
  if (form == PropertyForm::kUnprefixed || form == PropertyForm::kBoth) return look_up(flags_, key);
  return nullptr;
}

}  // namespace zookernel::shell
