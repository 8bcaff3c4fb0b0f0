#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
report.py TOOL...: what a tool found, less what tests/static/suppressions lists. Standard input is what gcc, clang and
clang-tidy print, and the others are brought to: "FILE:LINE:COLUMN: warning: TEXT [ID]", with FILE as it is in this checkout.
Prints what is left, and each entry of the list that matched nothing any more; succeeds when there is neither.
"""

import fnmatch
import pathlib
import re
import sys

FINDING = re.compile(r"^([^\s:]+):(\d+):(?:\d+:)? (?:warning|(?:fatal )?error): (.*?)(?: \[([^\s\]]+)\])?$")
# A line that is no finding, and means that the tool did not do its work.
BROKEN = re.compile(r"\berror\b:|\bError \d|exception|Fatal", re.IGNORECASE)
# Kernel style: a function begins in the first column, and so does nothing else that has a bracket.
FUNCTION = re.compile(r"^(?!#|\s|/|}|typedef\b).*?\b(\w+)\(")


class Entry:
    def __init__(self, number, line):
        head, self.reason = line.split(": ", 1)
        self.tool, place, self.finding = head.split()
        self.file, _, self.function = place.partition(":")
        self.number, self.used = number, False

    def matches(self, finding):
        return (fnmatch.fnmatchcase(finding["file"], self.file)
                and self.function in ("", finding["function"])
                and fnmatch.fnmatchcase(finding["id"], self.finding))

    def __str__(self):
        place = self.file + (f":{self.function}" if self.function else "")
        return f"{self.tool} {place} {self.finding}"


def entries(path, tools):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            entry = Entry(number, line)
            if entry.tool in tools:
                yield entry


def function_at(file, line):
    name = ""
    try:
        lines = pathlib.Path(file).read_text(errors="replace").splitlines()[:line]
    except OSError:
        return name
    for text in lines:
        match = FUNCTION.match(text)
        if match:
            name = match[1]
    return name


def findings(text):
    """Each of a header once, in however many files it is included; and what is no finding, but an error."""
    found, broken = {}, []
    for line in text.splitlines():
        match = FINDING.match(line)
        if match:
            file, number, said, name = match[1].removeprefix("./"), int(match[2]), match[3], match[4] or "error"
            name = name.split(",-W")[-1].removeprefix("-W")
            found[file, number, name] = {"file": file, "line": number, "id": name, "text": said,
                                         "function": function_at(file, number)}
        elif BROKEN.search(line):
            broken.append(line)
    return found.values(), broken


def main():
    path = pathlib.Path(__file__).with_name("suppressions")
    listed = list(entries(path, sys.argv[1:]))
    found, left = findings(sys.stdin.read())
    for finding in found:
        fitting = [entry for entry in listed if entry.matches(finding)]
        for entry in fitting:
            entry.used = True
        if not fitting:
            left.append("{file}:{line}: {function}: {id}: {text}".format(**finding))
    for entry in listed:
        if not entry.used:
            left.append(f"tests/static/suppressions:{entry.number}: nothing is found there any more: {entry}")
    print(f"{len(found)} findings, {len(listed)} entries of the list")
    print("\n".join(left))
    sys.exit(bool(left))


if len(sys.argv) < 2:
    sys.exit("usage: report.py TOOL... <OUTPUT")
main()
