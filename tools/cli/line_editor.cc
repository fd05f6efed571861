#include "tools/cli/line_editor.h"

#include <histedit.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <utility>

namespace zookernel::cli {

namespace {

// What Ctrl-D is to the editor.
constexpr wchar_t kEndOfInput = L'\x04';
// More are not listed: they would scroll the line away.
constexpr size_t kCandidatesListedMax = 200;

}  // namespace

struct LineEditor::State {
  State(WaitReadable wait_readable, ListChildren list, HistoryFile file)
      : wait(std::move(wait_readable)),
        list_children(std::move(list)),
        history_file(std::move(file)),
        lines(history_init()),
        editor(el_init("zkCli", stdin, stdout, stderr)) {}
  ~State() {
    if (editor != nullptr) el_end(editor);
    history_end(lines);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  WaitReadable wait;
  ListChildren list_children;
  HistoryFile history_file;
  History* lines;
  EditLine* editor;
  std::string prompt;
  bool reading = false;
  bool interrupted = false;
  bool ended = false;
  int typed_ahead = 0;  // bytes typed before the editor took the terminal over, not read yet
};

namespace {

template <typename State>
State& state_of(EditLine* editor) {
  void* data = nullptr;
  el_get(editor, EL_CLIENTDATA, &data);
  return *static_cast<State*>(data);
}

// One character from the terminal. The session is kept alive while it is waited for.
template <typename State>
int read_character(EditLine* editor, wchar_t* character) {
  State& state = state_of<State>(editor);
  std::mbstate_t shift = {};
  while (true) {
    if (!state.wait(STDIN_FILENO)) {
      state.interrupted = true;
      return -1;
    }
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      state.ended = true;
      return 0;
    }
    const bool typed_ahead = state.typed_ahead > 0;
    if (typed_ahead) --state.typed_ahead;
    const size_t used = std::mbrtowc(character, &byte, 1, &shift);
    if (used == static_cast<size_t>(-2)) continue;
    if (used == static_cast<size_t>(-1)) {
      *character = L'?';
    } else if (used == 0) {
      // Linux keeps a Ctrl-D that was typed while the terminal had its own line mode as a zero.
      *character = typed_ahead ? kEndOfInput : L'\0';
    }
    return 1;
  }
}

template <typename State>
char* prompt_text(EditLine* editor) {
  return state_of<State>(editor).prompt.data();
}

void list_candidates(const std::vector<std::string>& candidates) {
  std::fputc('\n', stdout);
  size_t listed = 0;
  for (const std::string& candidate : candidates) {
    if (listed++ == kCandidatesListedMax) {
      std::fprintf(stdout, "... and %zu more\n", candidates.size() - kCandidatesListedMax);
      break;
    }
    std::fprintf(stdout, "%s\n", candidate.c_str());
  }
  std::fflush(stdout);
}

template <typename State>
unsigned char complete_line(EditLine* editor, int) {
  State& state = state_of<State>(editor);
  const LineInfo* line = el_line(editor);
  const std::string before(line->buffer, line->cursor);
  const Completion completion = complete(before, state.list_children);
  if (!completion.insert.empty()) {
    if (el_insertstr(editor, completion.insert.c_str()) != 0) return CC_ERROR;
    return CC_REFRESH;
  }
  if (completion.candidates.size() > 1) {
    list_candidates(completion.candidates);
    return CC_REDISPLAY;
  }
  return CC_REFRESH_BEEP;
}

}  // namespace

LineEditor::LineEditor(WaitReadable wait, ListChildren list_children, HistoryFile history)
    : state_(
          std::make_unique<State>(std::move(wait), std::move(list_children), std::move(history))) {
  if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) {
    // Paths are UTF-8 whatever the environment says.
    std::setlocale(LC_CTYPE, "C.UTF-8");
  }
  EditLine* editor = state_->editor;
  HistEvent event;
  ::history(state_->lines, &event, H_SETSIZE, static_cast<int>(HistoryFile::kLinesMax));
  ::history(state_->lines, &event, H_SETUNIQUE, 1);
  for (const std::string& line : state_->history_file.load()) {
    ::history(state_->lines, &event, H_ENTER, line.c_str());
  }
  if (editor == nullptr) return;
  el_set(editor, EL_CLIENTDATA, state_.get());
  el_set(editor, EL_PROMPT, &prompt_text<State>);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, ::history, state_->lines);
  el_set(editor, EL_GETCFN, &read_character<State>);
  el_set(editor, EL_ADDFN, "zk-complete", "complete the word at the cursor", &complete_line<State>);
  el_set(editor, EL_BIND, "\t", "zk-complete", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  // The user's own ~/.editrc goes on top.
  el_source(editor, nullptr);
}

LineEditor::~LineEditor() = default;

LineReader::Got LineEditor::read(const std::string& prompt, std::string& line) {
  State& state = *state_;
  if (state.editor == nullptr) return Got::kEnd;
  state.prompt = prompt;
  state.interrupted = state.ended = false;
  state.reading = true;
  // The terminal is taken over before the prompt shows, so that what is typed at a prompt is ours.
  el_set(state.editor, EL_PREP_TERM, 1);
  if (::ioctl(STDIN_FILENO, FIONREAD, &state.typed_ahead) != 0) state.typed_ahead = 0;
  int size = 0;
  const char* got = el_gets(state.editor, &size);
  state.reading = false;
  if (state.interrupted) {
    el_reset(state.editor);
    std::fputs("^C\n", stdout);
    std::fflush(stdout);
    return Got::kInterrupted;
  }
  if (got == nullptr || size <= 0) {
    std::fputc('\n', stdout);
    std::fflush(stdout);
    return Got::kEnd;
  }
  line.assign(got, static_cast<size_t>(size));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  if (line.find_first_not_of(" \t") != std::string::npos) {
    HistEvent event;
    ::history(state.lines, &event, H_ENTER, line.c_str());
    state.history_file.append(line);
  }
  return Got::kLine;
}

void LineEditor::before_output() {
  if (!state_->reading) return;
  // The line under edit is drawn anew below what is printed now.
  std::fputs("\r\n", stdout);
  std::fflush(stdout);
}

void LineEditor::after_output(const std::string& prompt) {
  if (!state_->reading) return;
  state_->prompt = prompt;
  el_set(state_->editor, EL_REFRESH);
}

}  // namespace zookernel::cli
