# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Copies the sources, so that builds for several kernels, patches of tests/bugs,
# and builds in place by "make" do not disturb each other. The caller has to be
# in the top folder of the checkout.

# copy_checkout DIR [PATH...]: copies all files (below these paths), also those
# that are not committed, as these are what is tested. A file that has not
# changed keeps its time, and is not built again. A file that differs gets the
# current time and not its own, as the copy may have a bug of an interrupted
# run, and an object of that is newer than the original. A file that was copied
# before and is gone is deleted, as a patch with a new name would otherwise be
# applied twice.
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
		cmp --quiet "$file" "$dir/$file" ||
			cp --parents --no-dereference --preserve=mode "$file" "$dir"
	done <"$dir/.sources.new"
	mv "$dir/.sources.new" "$dir/.sources"
}
