# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# KVM's own selftests, by kselftest's runner (image "selftests"). What each
# comes to is a line "# progress: selftest NAME VERDICT SECONDS", where VERDICT
# is pass, skip, timeout or exit=N. It is no verdict of the case's:
# tests/selftests/report compares two machines. Parameter selftests.test=NAME:
# this one only.

# wanted: what of kselftest-list.txt
wanted() {
	local name
	name=$(parameter selftests.test "")
	grep -x "kvm:${name:-.*}" kselftest-list.txt
}

# set_arguments: of the tests that the file "arguments" names, in the way the
# runner has for it.
set_arguments() {
	while read -r name value; do
		case $name in
		'' | '#'*) continue ;;
		esac
		export "KSELFTEST_$(echo "$name" | tr "[:lower:]" "[:upper:]")_ARGS=$value"
	done <arguments
}

# tell SECONDS LINE: one of the runner's.
tell() {
	echo "$2" | sed -nE 's/^ok [0-9]+ (.*) # SKIP$/\1 skip/; s/^ok [0-9]+ (.*)/\1 pass/
		s/^not ok [0-9]+ (.*) # TIMEOUT.*/\1 timeout/; s/^not ok [0-9]+ (.*) # exit/\1 exit/
		s/^selftests: kvm: (.*)/# progress: selftest \1 '"$1/p" | tee -a /run/selftests >&3
}

# why LINES: what one that did not pass had to say after so many lines of the
# log, to the console's.
why() {
	tail -n "+$(($1 + 1))" output.log | tail -n 12 | sed 's/^/| /'
}

run_selftests() {
	local before now line said=0
	before=$(seconds)
	# shellcheck disable=SC2046 # words
	./run_kselftest.sh --summary $(wanted | sed 's/^/--test /') | while read -r line; do
		case $line in
		"ok "* | "not ok "*)
			now=$(seconds)
			tell $((now - before)) "$line"
			before=$now
			log "${line#*selftests: kvm: }"
			case $line in
			*" # "*) why "$said" ;;
			esac
			said=$(wc -l <output.log)
			;;
		esac
	done
}

# Some want large pages.
echo 64 >/proc/sys/vm/nr_hugepages
cd /selftests || bail "this image has no selftests"
set_arguments
run_selftests
check_equal "each of KVM's selftests has come to an end" \
	"$(wc -l </run/selftests)" "$(wanted | wc -l)"
