# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What makes a boot a failure, judged from its logs alone: tap.log (verdicts), console.log (kernel), and how it ended.
# Each function prints one line per problem, and nothing when all is well. They are called where a failing command ends the
# caller ("set -e"): a judgement that breaks off must not pass for one that found nothing.

# What no kernel prints unless something is wrong. The time stamp tells its lines from those of programs.
kernel_complaint='\[ *[0-9]+\.[0-9]{6}\].*('
kernel_complaint+='BUG:|BUG at|WARNING:|Oops|Kernel panic|general protection|unable to handle|invalid opcode|double fault'
kernel_complaint+='|scheduling while atomic|exited with (preempt_count|irqs disabled)'
kernel_complaint+='|refcount_t:|list_(add|del) |Bad page|unchecked MSR access|kobject_add_internal failed|duplicate filename'
kernel_complaint+='|soft lockup|hard LOCKUP|blocked for more than|rcu.*(detected (expedited )?stall|self-detected stall|kthread starved)'
# Those of debug kernels: memory, races, undefined behaviour, lifetimes.
kernel_complaint+='|KASAN|KCSAN|KFENCE|UBSAN|BUG [a-zA-Z0-9_:.-]+ \(|kmemleak: [0-9]+ new suspected|kmemleak: .*disabled'
kernel_complaint+='|page dumped because'
# Lockdep, and what checks contexts.
kernel_complaint+='|possible (recursive|circular) locking|inconsistent lock state|possible irq lock inversion'
kernel_complaint+='|lock order detected|held lock freed|still held|lock held when returning|bad unlock balance|nested lock was not taken'
kernel_complaint+='|register non-static key|DEBUG_LOCKS_WARN_ON|Invalid wait context|suspicious RCU usage|turning off the locking'
kernel_complaint+='|sleeping function called|[Vv]oluntary context switch within RCU|using [a-z_]+\(\) in preemptible'
kernel_complaint+=')'

# boots_seen CONSOLE: how often a kernel has started. A crash may have cut off a line of a program, on which it begins then. Lines of a nested
# Linux begin with a bar (nested_show).
boots_seen() {
	grep -acE '^([^|].*)?\[ +0\.000000\] Linux version ' "$1" || true
}

# tap_problems TAP BOOTS: every boot must have declared how many verdicts it gave, and have given them; the last one must
# have said that it powers off. Only the first problem: the others follow from it.
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
				print "no plan: " stages + 0 " of " boots " boots went through to the end of the case"
			if (!all)
				print "no verdict"
			if (!off)
				print "the case did not come to its power-off"
		}' "$1" | head -n 1
}

# without_races_of_kvm CONSOLE: without what KCSAN says of races between places in KVM that are all upstream's, known there or not.
# Those in what our patches change (the list patched_functions) are ours. It names the places in one line, modules too, and
# the kernel proper is not instrumented.
without_races_of_kvm() {
	awk -v "patched=${patched_functions[*]:-}" '
		BEGIN {
			split(patched, names, " ")
			for (i in names)
				ours[names[i]]
		}
		/BUG: KCSAN:/ {
			text = $0; places = others = 0
			while (match(text, /[A-Za-z0-9_.]+(\+0x[0-9a-f]+\/0x[0-9a-f]+)? \
				\[[a-z0-9_]+\]/)) {
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

# kernel_complaints CONSOLE [EXPECTED-REGEX...]: kernel warnings, but for expected ones.
kernel_complaints() {
	local console=$1
	shift
	local unless=("${@/#/--regexp=}" "--regexp=^\$")
	{ without_races_of_kvm "$console" | grep -aE "$kernel_complaint" | grep -avE "${unless[@]}" | tr -d '\r' | sed 's/^/kernel: /' | head -n 3; } || true
}

# missing CONSOLE [EXPECTED-REGEX...]: expected warnings must be there.
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

# judge DIR BOOTS END [EXPECTED-REGEX...]: END is "power-off", or says what else ended the machine. In that case the
# rest is missing for that reason, and not told again.
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
