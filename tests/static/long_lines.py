#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
long_lines.py FILE...: lines that are too long: code and scripts have 100 columns,
with tabs of 8, except for a string in C, which checkpatch wants in one piece; and
Markdown has 80, except for tables, code, and a word that is longer. Below the
folders that the file long-lines lists, nothing is looked at. Prints the lines, and
the folders that could leave the list; fails if there are lines.
"""

import pathlib
import re
import sys

CODE = re.compile(r"\.(c|h|S|py|sh|awk|mk)$|(^|/)(Makefile|Kbuild[^/]*)$")
SCRIPT = re.compile(rb"#!.*\b(sh|bash|dash|python3|perl|make)\b")


def limit(name, content):
    """The columns that the file may have, or None if it is of another kind."""
    if name.endswith(".md"):
        return 80
    if CODE.search(name) or SCRIPT.match(content):
        return 100
    return None


def has_string(line, columns):
    """In C: a string that begins within the limit."""
    return '"' in line.expandtabs(8)[:columns]


def may_be_long(line):
    """In Markdown: what cannot be broken."""
    return line.startswith(("|", "    ", "\t")) or " " not in line.strip(" -*>")


def long_lines(name):
    """(number, columns) of each."""
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
    """Prints the findings."""
    path = pathlib.Path(__file__).with_name("long-lines")
    listed = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    seen, bad = set(), False
    for name in sys.argv[1:]:
        found = list(long_lines(name))
        if not found:
            continue
        folders = [folder for folder in listed if name == folder or name.startswith(folder + "/")]
        seen.update(folders)
        if not folders:
            bad = True
            for number, length in found:
                print(f"{name}:{number}: {length} columns")
    for folder in listed:
        if folder not in seen:
            print(f"{folder} has no long lines any more, and can leave {path}")
    sys.exit(bad)


main()
