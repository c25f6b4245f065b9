#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# OpenRC's services, run by its own tools. The program is replaced by one that notes how it is called.

load roots

@test "openrc runs the services, each of the two steps once and in order, and the rule is valid" {
	in_root openrc-trixie <<-'EOF'
		cd /source/packaging/openrc
		install -m 755 driverctl-early.initd /etc/init.d/driverctl-early
		install -m 755 driverctl.initd /etc/init.d/driverctl
		printf '%s\n' '#!/bin/sh' 'echo "$*" >>/calls' '[ ! -e /fail ]' >/usr/sbin/driverctl
		chmod +x /usr/sbin/driverctl
		mkdir -p /run/openrc/{daemons,exclusive,failed,inactive,options,started,starting,stopping,tmp}
		: >/run/openrc/softlevel
		rc-update add driverctl-early sysinit
		rc-update add driverctl boot
		rc-service --nodeps driverctl-early start
		rc-service --nodeps driverctl start
		diff /calls - <<-END
			load-override --all --early
			load-override --all
		END
		# A failed load is a failed service; the early step fails no boot.
		: >/fail
		rc-service --nodeps driverctl-early zap
		rc-service --nodeps driverctl zap
		rc-service --nodeps driverctl-early start
		! rc-service --nodeps driverctl start
		udevadm verify --no-style 95-driverctl-openrc.rules
		# In the background: the call of udev ends at once.
		rm /fail /calls
		[ -x /sbin/start-stop-daemon ]
		eval "$(sed -n 's/.*RUN+="\(.*\)"$/\1/p' 95-driverctl-openrc.rules |
			sed 's|\$env{SUBSYSTEM}|pci|; s|\$kernel|0000:01:00.0|')"
		for n in $(seq 100); do [ ! -s /calls ] || break; sleep 0.1; done
		[ "$(cat /calls)" = "load-override pci/0000:01:00.0" ]
	EOF
}
