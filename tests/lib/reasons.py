# SPDX-License-Identifier: GPL-2.0-only
"""Lists of what is as it should not be, and why: three columns with tabs between, of which the last is the reason. A line that begins with
a # is a comment."""
import sys


def read(path, columns):
    """The first two columns to the reason. COLUMNS is what all three are called, for the error."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            parts = line.split("\t")
            if len(parts) != 3 or not all(parts):
                sys.exit(f"{path}:{number}: not {columns} with a tab between")
            found[parts[0], parts[1]] = parts[2]
    return found
