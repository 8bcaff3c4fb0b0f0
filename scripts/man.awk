# SPDX-License-Identifier: GPL-2.0-only
# Writes each page of kernel-doc -man into a file in dir. As with the kernel's own
# mandocs the page of a function has its name, and that of a structure is
# struct_NAME. The titles, the text that is appended and the end of a structure
# differ from kernel to kernel, and mandoc warns about them.

function fail(text) {
	print "man.awk: " text > "/dev/stderr"
	exit failed = 1
}

# The header that declares something, for the synopsis.
function header_of(name,	pattern, command, header) {
	pattern = name ~ /^struct / ? "^" name " \\{" : "^[a-z].*[ *]" name "\\("
	command = "grep -lE '" pattern "' include/vmxcore/*.h"
	command | getline header
	close(command)
	if (header == "")
		fail("no header declares " name)
	sub(/^include\//, "", header)
	return header
}

function write(line) {
	print line > file
}

# whatis wants one word as the name of a page.
function begin_page(line,	page) {
	name = line
	sub(/ *\\-.*/, "", name)
	if (name !~ /^(struct )?vmxcore_[a-z0-9_]+$/)
		fail("not a name: " name)
	page = name
	sub(/ /, "_", page)
	sub(/^struct /, "struct_", line)
	file = dir "/" page ".9"
	write(".\\\" SPDX-License-Identifier: GPL-2.0-only")
	write(".\\\" Made by kernel-doc from the source of vmxcore: change it there.")
	write(".TH " toupper(page) " 9 \"" date "\" vmxcore \"vmxcore API\"")
	write(".nh")
	write(".ad l")
	write(".SH NAME")
	write(line)
}

function end_page() {
	if (file == "")
		return
	write(".SH SEE ALSO")
	write(".BR vmxcore (9)")
	close(file)
	file = ""
}

/^\.TH / {
	end_page()
	next
}

/^\.SH / {
	section = toupper($0)
	gsub(/^\.SH +|"/, "", section)
	# A function without arguments has no such section, which is seen later.
	if (section != "NAME" && section != "ARGUMENTS" && section != "SEE ALSO")
		write(".SH " section)
	if (section == "SYNOPSIS") {
		write(".B #include <" header_of(name) ">")
		write(".PP")
	}
	no_arguments = section == "ARGUMENTS"
	last = ""
	gap = 0
	next
}

section == "SEE ALSO" { next }

# Between paragraphs, and elsewhere too.
/^$/ || $0 == ".PP" {
	gap = last != ""
	next
}

section == "NAME" {
	begin_page($0)
	next
}

no_arguments {
	if (/^\.IP "void"/ || $0 == "no arguments")
		next
	no_arguments = 0
	write(".SH ARGUMENTS")
}

# A structure ends with a string that does not, and with a line break into nothing.
$0 == ".BI \"" { next }
last == "};" && $0 == ".br" { next }

{
	if (gap && !/^\./)
		write(".PP")
	gap = 0
	last = $0
	# "(int x "  ");" has a space too many, and an errno has a minus that can be
	# copied, and no hyphen.
	sub(/ "  "/, "\" \"")
	gsub(/-E/, "\\-E")
	sub(/^'/, "\\\\\\&'")
	write($0)
}

END {
	end_page()
	exit failed
}
