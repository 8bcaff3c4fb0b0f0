# SPDX-License-Identifier: GPL-2.0-only
"""What is in a built module: read from the module itself, which no macro and no wrapper in the source can hide anything from."""
import os
import re
import subprocess

from manual import canonical

# A line of the log begins with these two (linux/kern_levels.h): SOH, and its level, or c: goes on.
LEVEL = re.compile("\1[0-7c]")

# Functions that write to the log, but for _printk(). (Of __warn_printk() the compiler's checks of memmove() make use; a format of
# ours would be prose that no page has.)
LOGGERS = re.compile(r"(_?dev_\w*|_?netdev_\w*|printk_\w+|_printk_deferred|vprintk\w*|__dynamic_\w+|panic|dump_stack|"
                     r"print_hex_dump\w*|__trace_\w*printk|trace_printk)$")

# Of the kernel's headers; and the type of a tracepoint's field.
HEADERS = re.compile(r'mem\w+: detected |field "|unsigned int$')


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def is_prose(text):
    """Two words at least: something that an admin may come to see."""
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
        """(lines of the log, other strings), as a manual page has them."""
        lines, others = set(), set()
        prefix = self.name.replace("-", "_") + ": "
        for text in self._strings():
            if LEVEL.match(text):
                lines.add(canonical(text[2:]).removeprefix(prefix))
            else:
                others.add(canonical(text))
        return lines, others

    def unexpected_loggers(self):
        imported = {line.split()[-1] for line in run("nm", "--undefined-only", self.path).splitlines()}
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
        """(functions, variables)"""
        kinds = {name: kind for kind, name in self._symbols()}
        names = {name.removeprefix("__ksymtab_") for name in kinds if name.startswith("__ksymtab_")}
        functions = {name for name in names if kinds[name] == "FUNC"}
        return functions, names - functions

    def tracepoints(self):
        return {name.removeprefix("__tracepoint_") for _, name in self._symbols() if name.startswith("__tracepoint_")}


def read(folders, name):
    """That module, from each folder that has it."""
    paths = [os.path.join(folder, name + ".ko") for folder in folders]
    return [Module(path) for path in paths if os.path.exists(path)]
