# SPDX-License-Identifier: GPL-2.0-only
"""Lists of exceptions: three columns with tabs between, of which the last is the
reason. A line that begins with # is a comment."""
import sys


def read(path, columns):
    """Maps the first two columns to the reason. COLUMNS names the columns in an error."""
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
