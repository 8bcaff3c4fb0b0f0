# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Judges a boot from its logs alone: tap.log (verdicts), console.log (kernel),
# and how it ended. Each function prints one line per problem, and nothing if
# there is none. The caller uses "set -e", so that a judgement that breaks off
# does not pass for one that found nothing.

# What no kernel prints unless something is wrong. The time stamp tells its
# lines from those of programs.
complaints=(
	'BUG:|BUG at|WARNING:|Oops|Kernel panic|general protection|unable to handle'
	'invalid opcode|double fault|scheduling while atomic'
	'exited with (preempt_count|irqs disabled)|refcount_t:|list_(add|del) |Bad page'
	'unchecked MSR access|kobject_add_internal failed|duplicate filename'
	'soft lockup|hard LOCKUP|blocked for more than'
	'rcu.*(detected (expedited )?stall|self-detected stall|kthread starved)'
	# Debug kernels: memory, races, undefined behaviour, lifetimes.
	'KASAN|KCSAN|KFENCE|UBSAN|BUG [a-zA-Z0-9_:.-]+ \(|page dumped because'
	'kmemleak: [0-9]+ new suspected|kmemleak: .*disabled'
	# Lockdep, and checks of contexts.
	'possible (recursive|circular) locking|inconsistent lock state'
	'possible irq lock inversion|lock order detected|held lock freed|still held'
	'lock held when returning|bad unlock balance|nested lock was not taken'
	'register non-static key|DEBUG_LOCKS_WARN_ON|Invalid wait context'
	'suspicious RCU usage|turning off the locking|sleeping function called'
	'[Vv]oluntary context switch within RCU|using [a-z_]+\(\) in preemptible'
)
kernel_complaint="\[ *[0-9]+\.[0-9]{6}\].*($(IFS='|' && echo "${complaints[*]}"))"

# boots_seen CONSOLE: how often a kernel has started. After a crash the first
# line can follow a program's line that was cut off. Lines of a nested Linux
# begin with a bar (nested_show).
boots_seen() {
	grep -acE '^([^|].*)?\[ +0\.000000\] Linux version ' "$1" || true
}

# tap_problems TAP BOOTS: each boot has to say how many verdicts it gave, and to
# have given them; the last one has to say that it powers off. Prints only the
# first problem, as the others follow from it.
tap_problems() {
	awk -v boots="$2" '
		/^(not )?ok / { given++; all++ }
		/^Bail out!/ { print "gave up: " substr($0, 11) }
		/^# stage [0-9]+ done: [0-9]+ tests/ {
			stages++
			if ($3 != stages)
				print "stage " $3 " ended where stage " stages " was expected"
			if ($5 != given)
				print "stage " $3 " declared " $5 " verdicts, " given + 0 " arrived"
			given = 0
		}
		/^# machine: power-off/ { off = 1 }
		END {
			if (stages != boots || given)
				print "no plan: " stages + 0 " of " boots \
					" boots went through to the end of the case"
			if (!all)
				print "no verdict"
			if (!off)
				print "the case did not come to its power-off"
		}' "$1" | head -n 1
}

# without_races_of_kvm CONSOLE: leaves out what KCSAN reports of races in KVM's
# own code, which is upstream's. Races in functions that our patches change
# (patched_functions) stay. KCSAN names the functions and their modules in one
# line, and does not instrument the kernel proper.
without_races_of_kvm() {
	awk -v "patched=${patched_functions[*]:-}" '
		BEGIN {
			place_in_module = "[A-Za-z0-9_.]+(\\+0x[0-9a-f]+/0x[0-9a-f]+)?"
			place_in_module = place_in_module " \\[[a-z0-9_]+\\]"
			split(patched, names, " ")
			for (i in names)
				ours[names[i]]
		}
		/BUG: KCSAN:/ {
			text = $0; places = others = 0
			while (match(text, place_in_module)) {
				place = substr(text, RSTART, RLENGTH)
				text = substr(text, RSTART + RLENGTH)
				places++
				name = place
				sub(/[.+ ].*/, "", name)
				others += place ~ /\[kvm(_intel|_amd)?\]$/ && !(name in ours)
			}
			if (places && places == others)
				next
		}
		{ print }' "$1"
}

# kernel_complaints CONSOLE [EXPECTED-REGEX...]: kernel warnings, but for
# expected ones.
kernel_complaints() {
	local console=$1
	shift
	local unless=("${@/#/--regexp=}" "--regexp=^\$")
	{
		without_races_of_kvm "$console" | grep -aE "$kernel_complaint" |
			grep -avE "${unless[@]}" | tr -d '\r' | sed 's/^/kernel: /' | head -n 3
	} || true
}

# missing CONSOLE [EXPECTED-REGEX...]: expected warnings that have not come.
missing() {
	local console=$1 regex
	shift
	for regex in "$@"; do
		grep -qaE "$regex" "$console" ||
			echo "expected on the console, and not there: $regex"
	done
}

# boot_problem CONSOLE BOOTS
boot_problem() {
	local seen
	seen=$(boots_seen "$1")
	[ "$seen" = "$2" ] || echo "the machine booted $seen times instead of $2"
}

# judge DIR BOOTS END [EXPECTED-REGEX...]: END is "power-off", or says what else
# ended the machine. In that case other problems follow from it and are not
# printed.
judge() {
	local dir=$1 boots=$2 end=$3
	shift 3
	kernel_complaints "$dir/console.log" "$@"
	if [ "$end" != power-off ]; then
		echo "$end"
		return
	fi
	tap_problems "$dir/tap.log" "$boots"
	missing "$dir/console.log" "$@"
	boot_problem "$dir/console.log" "$boots"
}
