# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Configurations of kernels that are built for tests. Needs common.sh.

# kernel_config SETTINGS DIR MAKE...: a kernel that has what is in the file
# SETTINGS and else as little as Kconfig allows, in the build folder DIR, which
# MAKE makes its targets in. Kconfig drops silently what it cannot have; here
# that is an error, and leaves no configuration.
kernel_config() {
	local settings=$1 config=$2/.config lost
	shift 2
	"$@" KCONFIG_ALLCONFIG="$settings" allnoconfig
	lost=$(settings_lost "$settings" "$config")
	[ -z "$lost" ] || { rm "$config"; die \
		"Kconfig does not take from $settings: ${lost//$'\n'/, }"; }
}

# settings_lost SETTINGS CONFIG
settings_lost() {
	local setting
	while read -r setting; do
		case $setting in
		CONFIG_*=n) ! grep -q "^${setting%n}" "$2" || echo "$setting" ;;
		CONFIG_*) grep -qxF "$setting" "$2" || echo "$setting" ;;
		esac
	done <"$1"
}
