# SPDX-License-Identifier: GPL-2.0-only
"""Manual pages in man(7), as far as the pages of this project use it."""
import itertools
import re
import shlex

# Stands for a value, which is a conversion in a format of the kernel, and a word in italics in a
# heading of a page.
VALUE = "\0"

CONVERSION = re.compile(r"%(%|[-+ #0]*(\*|\d+)?(\.(\*|\d+))?(hh|h|ll|l|z|t)?"
                        r"([diuoxXcs]|p[A-Za-z]*))")
ESCAPES = {r"\-": "-", r"\(aq": "'", r"\(dq": '"', r"\e": "\\", r"\&": "", r"\c": "",
           r"\fR": "", r"\fP": "", r"\fB": "", r"\fI": ""}


def canonical(text):
    """Return a format of the kernel in the form that headings have."""
    return CONVERSION.sub(lambda m: "%" if m[1] == "%" else VALUE, text).strip("\n")


def readable(text):
    return text.replace(VALUE, "...")


def unescape(text):
    return re.sub("|".join(map(re.escape, ESCAPES)), lambda m: ESCAPES[m[0]], text)


def fonts(line):
    """Return the arguments of a macro's line as a list of (text, font)."""
    macro, _, rest = line[1:].partition(" ")
    # Only " is a quote. An apostrophe and a backslash are text.
    lexer = shlex.shlex(rest, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    words = [unescape(word) for word in lexer]
    if len(macro) == 1:
        return [(" ".join(words), macro)]
    return list(zip(words, itertools.cycle(macro)))


def is_font(line):
    return re.match(r"\.(B|I|[BIR]{2})( |$)", line)


class Item:
    """A paragraph with a heading, or several (.TP, .TQ)."""

    def __init__(self, section, subsection, number):
        self.section, self.subsection, self.number = section, subsection, number
        self.tags, self.bold, self.words = [], set(), set()

    def add_tag(self, line):
        parts = fonts(line) if is_font(line) else [(unescape(line), "R")]
        self.tags.append("".join(VALUE if font == "I" else text for text, font in parts))

    def add_text(self, line):
        if is_font(line):
            self.bold |= {text for text, font in fonts(line) if font == "B"}
            self.words |= {word for text in self.bold for word in re.findall(r"\w+", text)}


class Page:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="ascii") as file:
            self.lines = file.read().splitlines()
        self.items = list(self._items())

    def _items(self):
        section = subsection = ""
        item, heading = None, False
        for number, line in enumerate(self.lines, 1):
            if line.startswith('.\\"'):
                continue
            if heading:
                item.add_tag(line)
                heading = False
            elif line.startswith((".SH ", ".SS ")):
                if item:
                    yield item
                item = None
                if line.startswith(".SH "):
                    section, subsection = line[4:], ""
                else:
                    subsection = line[4:]
            elif line == ".TP":
                if item:
                    yield item
                item, heading = Item(section, subsection, number), True
            elif line == ".TQ" and item:
                heading = True
            elif item:
                item.add_text(line)
        if item:
            yield item

    def tags(self, section):
        """Return {heading: where it is} of a section. {a,b} in a heading makes two headings."""
        found = {}
        for item in self.items:
            if item.section == section:
                for tag in item.tags:
                    for one in braces(tag):
                        found[one] = f"{self.path}:{item.number}"
        return found

    def bold(self, section):
        return {text for item in self.items if item.section == section for text in item.bold}

    def references(self, section):
        """Return {page: where it is referred to} for a section of the manual."""
        found = {}
        for number, line in enumerate(self.lines, 1):
            match = re.match(r"\.R?BR? .*?([\w\\-]+) (?:\" )?\(" + section + r"\)", line)
            if match:
                found[unescape(match[1])] = f"{self.path}:{number}"
        return found

    def words(self, pattern):
        """Return {word: where it is} for all words that the pattern matches."""
        found = {}
        for number, line in enumerate(self.lines, 1):
            if not line.startswith('.\\"'):
                for word in re.findall(pattern, unescape(line)):
                    found.setdefault(word, f"{self.path}:{number}")
        return found


def braces(text):
    match = re.fullmatch(r"(.*)\{([^}]*)\}(.*)", text)
    return [match[1] + one + match[3] for one in match[2].split(",")] if match else [text]
