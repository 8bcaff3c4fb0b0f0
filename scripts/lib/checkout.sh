# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A copy of the sources to work on, so that several kernels, bugs that are put
# in, and whatever "make" builds in place, do not disturb each other. Needs to
# be called at the top of the checkout.

# copy_checkout DIR [PATH...]: what there is (below these paths), also if it is
# not committed: what is tested is what is being worked on. What is the same
# keeps its time, and is not built again. What differs gets the time of now, not
# its own: it may be a bug that an interrupted run has left, and what was built
# of it is older than now. What was copied before and is no more must go: a
# patch that has another name now would be applied twice.
copy_checkout() {
	local dir=$1 file
	shift
	mkdir -p "$dir"
	touch "$dir/.sources"
	git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
		[ ! -e "$file" ] || echo "$file"
	done | sort >"$dir/.sources.new"
	comm -23 "$dir/.sources" "$dir/.sources.new" | (cd "$dir" && xargs --no-run-if-empty rm -f)
	while IFS= read -r file; do
		cmp --quiet "$file" "$dir/$file" || cp --parents --no-dereference --preserve=mode "$file" "$dir"
	done <"$dir/.sources.new"
	mv "$dir/.sources.new" "$dir/.sources"
}
