# SPDX-License-Identifier: GPL-2.0-only
"""
Reads from the sources what a built module does not have. The C preprocessor reads them, with macros
in place of the kernel's that mark what is looked for, so that none of the kernel's headers is
needed.
"""
import glob
import os
import re
import subprocess
import tempfile

KERNEL = {
    "KERNEL_VERSION(a, b, c)": "(((a) << 16) + ((b) << 8) + (c))",
    "LINUX_VERSION_CODE": "(6 << 16) + (12 << 8)",
    "IS_ENABLED(x)": "0",
    "__ATTR_RO(name)": "__file name __end",
    "__ATTR_RO_MODE(name, mode)": "__file name __end",
    "__ATTR(name, mode, show, store)": "__file name __end",
    "debugfs_create_file(name, ...)": "__debugfs name __end",
    "TRACE_EVENT(name, proto, args, fields, assign, print)":
        "__event name __of name __class name fields __end",
    "DECLARE_EVENT_CLASS(name, proto, args, fields, assign, print)": "__class name fields __end",
    "DEFINE_EVENT(of, name, proto, args)": "__event name __of of",
    "TP_STRUCT__entry(...)": "__VA_ARGS__",
    "__field(type, name)": "__member name",
    "__string(name, value)": "__member name",
    "__array(type, name, size)": "__member name",
}

# Other ways to make a file or an event. This module would not see them.
NOT_UNDERSTOOD = re.compile(r"\b(__ATTR_(?!RO)\w*|\w*DEVICE_ATTR\w*|BIN_ATTR\w*|"
                            r"sysfs_create_(?!group\b)\w*|sysfs_add_\w+|"
                            r"debugfs_create_(?!dir\b)\w+|"
                            r"TRACE_EVENT_\w+|DEFINE_EVENT_\w+|proc_create\w*|"
                            r"__dynamic_array|__bitmask|__field_struct)\s*\(")

# The folders in which a source file makes its files.
SYSFS = {
    "vmxcore/sysfs.c": "/sys/kernel/vmxcore/",
    "vmxcore/sysfs_caps.c": "/sys/kernel/vmxcore/capabilities/",
    "vmxcore/sysfs_cpus.c": "/sys/kernel/vmxcore/cpus/cpuN/",
    "vmxcore/sysfs_clients.c": "/sys/kernel/vmxcore/clients/NAME/",
    "vmxcore_tdx/sysfs.c": "/sys/kernel/vmxcore_tdx/",
}


def files_of_modules(pattern):
    return sorted(path for folder in ("vmxcore", "vmxcore_tdx", "virtualbox")
                  for path in glob.glob(f"{folder}/{pattern}"))


def c_files():
    return files_of_modules("*.c")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def code(path):
    """Return the text of a file without comments. Macros are not expanded."""
    return re.sub(r"/\*.*?\*/", "", read(path), flags=re.S)


def preprocessed(path):
    with tempfile.TemporaryDirectory() as empty:
        for source in files_of_modules("*.[ch]") + glob.glob("include/vmxcore/*.h"):
            for header in re.findall(r"#include <(?!vmxcore/)(.*)>", read(source)):
                os.makedirs(os.path.join(empty, os.path.dirname(header)), exist_ok=True)
                with open(os.path.join(empty, header), "w", encoding="ascii"):
                    pass
        macros = [f"-D{name}={value}" for name, value in KERNEL.items()]
        command = ["gcc", "-E", "-P", "-xc", "-nostdinc", "-I", "include", "-I", empty]
        command += [*macros, path]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    unknown = NOT_UNDERSTOOD.search(text)
    if unknown:
        raise SystemExit(f"{path}: {unknown[1]}: tests/docs/source.py cannot tell what this makes")
    return text


def sysfs_files():
    """Return {path in sysfs: source file}."""
    found = {}
    for path in c_files():
        for name in re.findall(r"\b__file (\w+) __end", preprocessed(path)):
            if path not in SYSFS:
                raise SystemExit(f"{path}: makes the sysfs file {name}, "
                                 "and SYSFS in tests/docs/source.py has to say in which folder")
            found[SYSFS[path] + name] = path
    return found


def abi_files():
    found = {}
    for path in sorted(glob.glob("docs/ABI/*")):
        for name in re.findall(r"^What:\s+(\S+[^/\s])$", read(path), re.M):
            found[name] = path
    return found


def debugfs_files():
    found = {}
    for path in c_files():
        for name in re.findall(r'\b__debugfs "(\w+)" __end', preprocessed(path)):
            found[f"/sys/kernel/debug/{os.path.dirname(path)}/{name}"] = path
    return found


def events():
    """Return {event: its fields}."""
    text = preprocessed("vmxcore/trace.h")
    fields = {}
    for name, members in re.findall(r"__class (\w+) (.*?)__end", text, re.S):
        fields[name] = set(re.findall(r"__member (\w+)", members))
    return {name: fields[of] for name, of in re.findall(r"__event (\w+) __of (\w+)", text)}


def cpu_states():
    """Return {state: the name of it that admins see}."""
    states = re.search(r"enum vmxcore_cpu_state \{(.*?)\}", preprocessed("vmxcore/cpu.h"), re.S)[1]
    names = dict(re.findall(r'\[(VMXCORE_CPU_\w+)\] = "(\w+)"', preprocessed("vmxcore/cpu.c")))
    return {state: names.get(state) for state in re.findall(r"\w+", states)}


def state_writers():
    """Return {(function, state that it writes): where it does so}."""
    write = re.compile(r"(?:(?:WRITE_ONCE|smp_store_release)\([^,]*\bstate,|->state =|\.state =) *"
                       r"(VMXCORE_CPU_\w+)")
    found = {}
    for path in c_files():
        function = None
        for number, line in enumerate(read(path).splitlines(), 1):
            match = re.match(r"[a-z][\w *]*?(\w+)\(", line)
            function = match[1] if match else function
            match = write.search(line)
            if match:
                found[function, match[1]] = f"{path}:{number}"
    return found


def where(text):
    """Return where the sources have the longest part of a string."""
    longest = max(text.split("\0"), key=len)
    others = sorted(glob.glob("vmxcore*/*.h")) + sorted(glob.glob("kvm/patches/*/*"))
    for path in c_files() + others:
        for number, line in enumerate(read(path).splitlines(), 1):
            if longest.strip() in line.replace('\\"', '"'):
                return f"{path}:{number}"
    return "in the module"
