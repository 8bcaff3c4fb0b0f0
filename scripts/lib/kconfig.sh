# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Configurations of kernels that are built for tests. Needs common.sh.

# kernel_config SETTINGS DIR MAKE...: configures a kernel that has the settings
# in the file SETTINGS, and otherwise as little as Kconfig allows. DIR is the
# build folder in which MAKE makes its targets. Kconfig silently drops a setting
# that it cannot have. Here this is an error, and no configuration is left.
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
