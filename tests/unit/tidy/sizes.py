#!/usr/bin/env python3
"""Prints the largest files and the longest functions. It never fails: what is too long is for judgement, but the one file
in the middle that everything grows into should be seen early.

    sizes.py SOURCE_DIR
"""

import pathlib
import re
import sys

FILE_LINES, FUNCTION_LINES = 500, 70
# A definition, as clang-format leaves it: an opening brace at the end of a line that closes a parameter list, and the
# closing brace alone in the same column.
OPENING = re.compile(r"^(\s*)\S.*\)\s*(const|noexcept|override|final|mutable|->\s*\S+|\s)*\{$")
NOT_A_FUNCTION = re.compile(r"^\s*(if|for|while|switch|else|catch|do|namespace|class|struct|TEST_CASE|SECTION|\})\b")


def functions(lines):
    for start, line in enumerate(lines):
        match = OPENING.match(line)
        if not match or NOT_A_FUNCTION.match(line):
            continue
        closing = match.group(1) + "}"
        for end in range(start + 1, len(lines)):
            if lines[end].rstrip().rstrip(";,)") == closing:
                yield end - start + 1, start + 1, line.strip().rstrip("{").strip()
                break


def main():
    root = pathlib.Path(sys.argv[1])
    files, long_functions = [], []
    for top in ("sdk", "kernel", "plugins", "tools", "tests"):
        for file in (root / top).rglob("*"):
            if file.suffix not in {".h", ".cc", ".py", ".c"} or not file.is_file():
                continue
            lines = file.read_text(errors="replace").splitlines()
            path = file.relative_to(root)
            files.append((len(lines), str(path)))
            if file.suffix == ".cc" and top != "tests":
                long_functions += [(length, f"{path}:{number}: {name[:70]}") for length, number, name in functions(lines)
                                   if length > FUNCTION_LINES]
    files.sort(reverse=True)
    print(f"{sum(size for size, _ in files)} lines in {len(files)} files. The largest:")
    for size, path in files[:15]:
        print(f"  {size:5} {path}" + ("   <- above 500: look for the second concept" if size > FILE_LINES else ""))
    print(f"Functions of more than {FUNCTION_LINES} lines: {len(long_functions)}")
    for length, where in sorted(long_functions, reverse=True):
        print(f"  {length:5} {where}")


if __name__ == "__main__":
    main()
