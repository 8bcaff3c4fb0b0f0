#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
long_lines.py FILE...: prints the lines that are too long, and fails if there are any.
Code and scripts have 100 columns, with tabs of 8, except for a string in C, which
checkpatch wants in one piece. Markdown has 80, except for tables, code, and a word
that is longer.
"""

import pathlib
import re
import sys

CODE = re.compile(r"\.(c|h|S|py|sh|awk|mk)$|(^|/)(Makefile|Kbuild[^/]*)$")
SCRIPT = re.compile(rb"#!.*\b(sh|bash|dash|python3|perl|make)\b")


def limit(name, content):
    """Return the columns that the file may have, or None if it has no limit."""
    if name.endswith(".md"):
        return 80
    if CODE.search(name) or SCRIPT.match(content):
        return 100
    return None


def has_string(line, columns):
    """Return whether a line of C has a string that begins within the limit."""
    return '"' in line.expandtabs(8)[:columns]


def may_be_long(line):
    """Return whether a line of Markdown cannot be broken."""
    return line.startswith(("|", "    ", "\t")) or " " not in line.strip(" -*>")


def long_lines(name):
    """Yield (number, columns) of each line that is too long."""
    content = pathlib.Path(name).read_bytes()
    columns = limit(name, content)
    if not columns:
        return
    fenced = False
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        if name.endswith(".md"):
            fenced ^= line.startswith("```")
            if fenced or may_be_long(line):
                continue
        length = len(line.expandtabs(8))
        if length > columns and not (name.endswith((".c", ".h")) and has_string(line, columns)):
            yield number, length


def main():
    """Print the findings."""
    bad = False
    for name in sys.argv[1:]:
        for number, length in long_lines(name):
            bad = True
            print(f"{name}:{number}: {length} columns")
    sys.exit(bad)


main()
