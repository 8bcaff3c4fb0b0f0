# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# KVM's own selftests, by kselftest's runner (image "selftests"). The result of
# each is a line "# progress: selftest NAME VERDICT SECONDS", where VERDICT is
# pass, skip, timeout or exit=N. It is not a verdict of the case, as
# tests/selftests/report compares two machines. The parameter
# selftests.test=NAME runs this test only.

# wanted: the tests of kselftest-list.txt that are to run.
wanted() {
	local name
	name=$(parameter selftests.test "")
	grep -x "kvm:${name:-.*}" kselftest-list.txt
}

# set_arguments: sets the variables by which the runner gives the tests the
# arguments of the file "arguments".
set_arguments() {
	while read -r name value; do
		case $name in
		'' | '#'*) continue ;;
		esac
		export "KSELFTEST_$(echo "$name" | tr "[:lower:]" "[:upper:]")_ARGS=$value"
	done <arguments
}

# tell SECONDS LINE: prints the result that this line of the runner has.
tell() {
	echo "$2" | sed -nE 's/^ok [0-9]+ (.*) # SKIP$/\1 skip/; s/^ok [0-9]+ (.*)/\1 pass/
		s/^not ok [0-9]+ (.*) # TIMEOUT.*/\1 timeout/; s/^not ok [0-9]+ (.*) # exit/\1 exit/
		s/^selftests: kvm: (.*)/# progress: selftest \1 '"$1/p" | tee -a /run/selftests >&3
}

# why LINES: prints to the console what a test that has not passed has logged
# after so many lines.
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
