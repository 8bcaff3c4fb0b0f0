#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
report.py TOOL...: prints the findings of a tool that tests/static/suppressions does
not list, and each entry of the list that matches none; succeeds if there is neither.
Standard input has the form of gcc, clang and clang-tidy, into which the output of the
other tools is converted: "FILE:LINE:COLUMN: warning: TEXT [ID]", with FILE as in this
checkout.
"""

import fnmatch
import pathlib
import re
import sys

FINDING = re.compile(r"^([^\s:]+):(\d+):(?:\d+:)? (?:warning|(?:fatal )?error): (.*?)"
                     r"(?: \[([^\s\]]+)\])?$")
# Such a line is not a finding: the tool did not do its work.
BROKEN = re.compile(r"\berror\b:|\bError \d|exception|Fatal", re.IGNORECASE)
# In kernel style only a function begins in the first column and has a parenthesis.
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
    """
    Return the findings, those in a header only once, and the lines that are errors of the tool.
    """
    found, broken = {}, []
    for line in text.splitlines():
        match = FINDING.match(line)
        if match:
            file, number, said = match[1].removeprefix("./"), int(match[2]), match[3]
            name = match[4] or "error"
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
            left.append(f"tests/static/suppressions:{entry.number}: "
                        f"nothing is found there any more: {entry}")
    print(f"{len(found)} findings, {len(listed)} entries of the list")
    print("\n".join(left))
    sys.exit(bool(left))


if len(sys.argv) < 2:
    sys.exit("usage: report.py TOOL... <OUTPUT")
main()
