# SPDX-License-Identifier: GPL-2.0-only
"""
Reads what is in a built module, because a macro or a wrapper in the source can hide nothing there.
"""
import os
import re
import subprocess

from manual import canonical

# A line of the log begins with SOH and its level, or with SOH and "c" if it continues another one
# (linux/kern_levels.h).
LEVEL = re.compile("\1[0-7c]")

# Functions that write to the log, except for _printk(). __warn_printk() is not among them because
# the compiler's checks of memmove() call it. If we called it, our format would be prose that no
# page has.
LOGGERS = re.compile(r"(_?dev_\w*|_?netdev_\w*|printk_\w+|_printk_deferred|vprintk\w*|"
                     r"__dynamic_\w+|panic|dump_stack|print_hex_dump\w*|"
                     r"__trace_\w*printk|trace_printk)$")

# Strings that come from the kernel's headers, among them the type of a tracepoint's field.
HEADERS = re.compile(r'mem\w+: detected |field "|unsigned int$')


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def is_prose(text):
    """Return whether a string has two words at least, so that an admin may come to see it."""
    words = re.findall(r"(?<!\S)[\"'(:\[]*[A-Za-z][A-Za-z'-]+[.,:;)\"'\]]*(?!\S)", text)
    return len(words) >= 2 and not HEADERS.match(text)


class Module:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-3]

    def _strings(self):
        with open(self.path, "rb") as file:
            data = file.read()
        for line in run("readelf", "--section-headers", "--wide", self.path).splitlines():
            match = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+PROGBITS\s+\S+\s+(\S+)\s+(\S+)", line)
            if match and re.search(r"rodata", match[1]):
                start, size = int(match[2], 16), int(match[3], 16)
                for text in re.findall(rb"[\x01\t\n\x20-\x7e]{3,}(?=\0)", data[start:start + size]):
                    yield text.decode("ascii")

    def messages(self):
        """Return (lines of the log, other strings) in the form that manual pages have."""
        lines, others = set(), set()
        prefix = self.name.replace("-", "_") + ": "
        for text in self._strings():
            if LEVEL.match(text):
                lines.add(canonical(text[2:]).removeprefix(prefix))
            else:
                others.add(canonical(text))
        return lines, others

    def unexpected_loggers(self):
        symbols = run("nm", "--undefined-only", self.path)
        imported = {line.split()[-1] for line in symbols.splitlines()}
        return sorted(name for name in imported if LOGGERS.match(name))

    def _modinfo(self, field):
        return run("modinfo", "--field", field, self.path).splitlines()

    def parameters(self):
        return {line.split(":")[0] for line in self._modinfo("parmtype")}

    def _symbols(self):
        for line in run("readelf", "--symbols", "--wide", self.path).splitlines():
            fields = line.split()
            if len(fields) == 8 and fields[6] != "UND":
                yield fields[3], fields[7]

    def exports(self):
        """Return (functions, variables) that the module exports."""
        kinds = {name: kind for kind, name in self._symbols()}
        names = {name.removeprefix("__ksymtab_") for name in kinds if name.startswith("__ksymtab_")}
        functions = {name for name in names if kinds[name] == "FUNC"}
        return functions, names - functions

    def tracepoints(self):
        return {name.removeprefix("__tracepoint_") for _, name in self._symbols()
                if name.startswith("__tracepoint_")}


def read(folders, name):
    """Return the module of that name from each folder that has it."""
    paths = [os.path.join(folder, name + ".ko") for folder in folders]
    return [Module(path) for path in paths if os.path.exists(path)]
