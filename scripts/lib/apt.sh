# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private apt. It reads the host's mirror and proxy settings, and keeps lists,
# archives and package state in our own cache. So a host can fetch from releases
# other than its own, and its own configuration is never changed. Needs
# common.sh.
# shellcheck disable=SC2154

apt_releases=(bookworm trixie forky)
apt_backports=(bookworm)
apt_components=main
apt_root=$vmxcore_cache/archives
apt_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_host_archives: the Debian archives of this host, as "URI SUITE". If the
# lists of an archive were never fetched, apt leaves $(ORIGIN) in its line.
apt_host_archives() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format \
		'$(CREATED_BY)|$(COMPONENT)|$(ORIGIN)|$(REPO_URI) $(RELEASE)' |
		sed -nE 's/^Packages\|main\|(Debian|\$\(ORIGIN\)|)\|//p' | sort -u
}

# apt_mirror: the archive from which this host takes Debian.
apt_mirror() {
	local uri suite
	while read -r uri suite; do
		case $suite in
		*-security | *-updates | *-backports) ;;
		*) echo "$uri" && return ;;
		esac
	done < <(apt_host_archives)
	die "apt on this host has no archive of Debian to take kernels from"
}

# apt_security_mirror: the archive of security updates, or nothing if this host
# has none.
apt_security_mirror() {
	apt_host_archives | sed -n 's/ [a-z]*-security$//p' | head -n 1
}

apt_suites() {
	local mirror security release
	mirror=$(apt_mirror)
	security=$(apt_security_mirror)
	for release in "${apt_releases[@]}"; do
		echo "$mirror $release"
		[ -z "$security" ] || [ "$release" = sid ] ||
			echo "$security $release-security"
	done
	for release in "${apt_backports[@]}"; do
		echo "$mirror $release-backports"
	done
}

apt_sources() {
	apt_suites | sed -E "s|^(.*) (.*)$|deb [signed-by=$apt_keyring] \1 \2 $apt_components|"
}

# Only Acquire:: (proxies, time-outs) of the host's settings is taken over, as
# its hooks would run on the host's own state.
apt_host_settings() {
	apt-config dump | grep '^Acquire::' || true
}

# The sandbox user of a root apt cannot reach a cache below root's home.
apt_config() {
	apt_host_settings
	cat <<-END
		Dir::Etc::parts "/dev/null";
		Dir::Etc::main "/dev/null";
		Dir::Etc::sourcelist "$apt_root/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State "$apt_root/state";
		Dir::State::status "$apt_root/status";
		Dir::Cache "$apt_root/cache";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	END
}

# apt_put FILE: replaces FILE by standard input atomically.
apt_put() {
	cat >"$1.new"
	mv "$1.new" "$1"
}

apt_prepare() {
	mkdir -p "$apt_root"/state/lists/partial "$apt_root"/cache/archives/partial
	[ -e "$apt_root/status" ] || : >"$apt_root/status"
	apt_sources | apt_put "$apt_root/sources.list"
	apt_config | apt_put "$apt_root/apt.conf"
}

private_apt() {
	local command=$1
	shift
	APT_CONFIG=$apt_root/apt.conf "$command" -q "$@"
}

apt_update() {
	private_apt apt-get --error-on=any update >"$apt_root/update.log" 2>&1 &&
		touch "$apt_root/updated"
}

# apt_refresh: refreshes the lists if they are older than an hour. Without a
# network the old lists are used.
apt_refresh() {
	[ -z "$(find "$apt_root/updated" -mmin -60 2>/dev/null)" ] || return 0
	note "refreshing the lists of Debian's archives"
	apt_prepare
	apt_update && return
	sed 's/^/  /' "$apt_root/update.log" >&2
	[ -e "$apt_root/updated" ] || die "the lists of Debian's archives cannot be fetched"
	note "the archives cannot be reached: going on with the lists of\
 $(date -r "$apt_root/updated" '+%F %R')"
}

# apt_versions SUITES PACKAGE...: prints "PACKAGE VERSION" for all versions in
# the suites that the regular expression matches.
apt_versions() {
	local suites=$1
	shift
	private_apt apt-cache madison "$@" |
		awk -F ' *[|] *' -v "suites=$suites" \
			'$3 ~ " " suites "/" { sub(/^ */, "", $1); print $1, $2 }'
}

# apt_download DIR PACKAGE=VERSION...
apt_download() {
	local dir=$1
	shift
	(cd "$dir" && private_apt apt-get download "$@" >&2)
}
