# SPDX-License-Identifier: LGPL-2.1-or-later
# GNU make. Everything is built in $(BUILD); `make help` lists what there is to make.

VERSION := 1.0.0
BUILD ?= build
top := $(patsubst %/,%,$(dir $(realpath $(lastword $(MAKEFILE_LIST)))))
ifneq ($(top),$(realpath .))
# make -f DIRECTORY/Makefile: a relative BUILD or DESTDIR is below the current directory.
.PHONY: all $(MAKECMDGOALS)
$(or $(firstword $(MAKECMDGOALS)),all):
	+@$(MAKE) --no-print-directory -C "$(top)" BUILD="$(abspath $(BUILD))" \
		DESTDIR="$(if $(filter-out /%,$(firstword $(DESTDIR))),$(CURDIR)/)$(DESTDIR)" $(MAKECMDGOALS)
$(wordlist 2,99,$(MAKECMDGOALS)): $(firstword $(MAKECMDGOALS)) ; @:
else

# The user's, with DESTDIR, CPPFLAGS, WERROR and SANITIZE: from the command line or the environment.
PREFIX ?= /usr
SBINDIR ?= $(PREFIX)/sbin
SYSCONFDIR ?= /etc
RUNDIR ?= /run
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR ?= $(DATADIR)/zsh/site-functions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d
UDEVDIR ?= $(call directory,UDEVDIR,udevdir,udev,/usr/lib/udev)
UNITDIR ?= $(call directory,UNITDIR,systemdsystemunitdir,systemd,/usr/lib/systemd/system)
TMPFILESDIR ?= $(call directory,TMPFILESDIR,tmpfilesdir,systemd,/usr/lib/tmpfiles.d)
DRACUTDIR ?= $(call directory,DRACUTDIR,dracutmodulesdir,dracut,/usr/lib/dracut/modules.d)
INITRAMFSDIR ?= /usr/share/initramfs-tools
INITCPIODIR ?= /usr/lib/initcpio
INITRAMFS ?= initramfs-tools dracut mkinitcpio
LIBKMOD ?= libkmod.so.2
CC ?= cc
CFLAGS ?= -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(hardening)
LDFLAGS ?= -Wl,-z,relro,-z,now
AR ?= ar
INSTALL ?= install
PKG_CONFIG ?= pkg-config

# pkg-config may know nothing of udev, systemd and dracut, and may say /lib if that is a link. It is asked
# once, and when it is there ("make deps all").
directory = $(eval $(1) := $(call merged,$(or $(shell $(PKG_CONFIG) --variable=$(2) $(3) 2>/dev/null),$(4))))$($(1))
merged = $(if $(shell test -L /lib && echo link),$(patsubst /lib/%,/usr/lib/%,$(1)),$(1))
# Those that not every compiler has; also asked once.
hardening = $(eval hardening := $(foreach f,-fstack-clash-protection -fcf-protection,$(shell \
	$(CC) -Werror $(f) -xc -c -o /dev/null /dev/null 2>/dev/null && echo $(f))))$(hardening)

LIBS := libudev libkmod libmnl inih json-c
paths = $(foreach v,SYSCONFDIR RUNDIR INITRAMFSDIR DRACUTDIR INITCPIODIR LIBKMOD,-D$(v)='"$($(v))"')
cflags = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -fPIE -DVERSION='"$(VERSION)"'
cflags += $(paths) -Ilib -Idriverctl -MMD -MP $(shell $(PKG_CONFIG) --cflags $(LIBS)) \
	-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
# libkmod is opened at run time, see lib/kernel/module.c.
ldlibs = $(shell $(PKG_CONFIG) --libs $(filter-out libkmod,$(LIBS))) -ldl
ldflags := -pie
ifneq ($(SANITIZE),)
CFLAGS := -O1 -g -fno-omit-frame-pointer
LDFLAGS :=
cflags += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
ldflags += -fsanitize=$(SANITIZE)
override BUILD := $(BUILD)/sanitize
endif

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
OBJECTS := $(call obj,$(wildcard $(addsuffix /*.c,lib/* driverctl udev bench tests/*)))
LIB := $(BUILD)/lib/libdriverctl.a
COMMAND := $(BUILD)/driverctl/libcommand.a
PROGRAMS := driverctl/driverctl udev/vfio_name udev/driverctl_load
DRIVERCTL := $(BUILD)/driverctl/driverctl
VFIO_NAME := $(BUILD)/udev/vfio_name
LOAD := $(BUILD)/udev/driverctl_load
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(addprefix $(BUILD)/tests/fuzz/fuzz_,$(FUZZ_TARGETS))
FAULTY := $(BUILD)/tests/helpers/faulty
REPLAYS := $(addprefix $(BUILD)/tests/fuzz/replay_,$(FUZZ_TARGETS))

# --- what is installed: FROM below $(BUILD), TO, MODE; or a link's text, TO, link. Nothing is to be enabled ---

define FILES
driverctl/driverctl $(SBINDIR)/driverctl 755
udev/vfio_name $(UDEVDIR)/vfio_name 755
udev/driverctl_load $(UDEVDIR)/driverctl_load 755
udev/05-driverctl.rules $(UDEVDIR)/rules.d/05-driverctl.rules 644
udev/89-vfio-uio.rules $(UDEVDIR)/rules.d/89-vfio-uio.rules 644
systemd/driverctl@.service $(UNITDIR)/driverctl@.service 644
systemd/driverctl.service $(UNITDIR)/driverctl.service 644
../driverctl.service $(UNITDIR)/basic.target.wants/driverctl.service link
systemd/driverctl-early.service $(UNITDIR)/driverctl-early.service 644
../driverctl-early.service $(UNITDIR)/sysinit.target.wants/driverctl-early.service link
systemd/driverctl.tmpfiles $(TMPFILESDIR)/driverctl.conf 644
$(foreach m,$(wildcard driverctl/*.[578]),$(m) $(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)) 644)
libvirt/driverctl $(DATADIR)/driverctl/libvirt-hook 755
$(foreach s,$(wildcard driverctl/schemas/*.json),$(s) $(DATADIR)/$(s) 644)
completions/driverctl.bash $(BASHDIR)/driverctl 644
completions/_driverctl $(ZSHDIR)/_driverctl 644
completions/driverctl.fish $(FISHDIR)/driverctl.fish 644
endef
define initramfs-tools
initramfs/initramfs-tools/hook $(INITRAMFSDIR)/hooks/driverctl 755
initramfs/initramfs-tools/init-top $(INITRAMFSDIR)/scripts/init-top/driverctl 755
endef
define dracut
initramfs/dracut/module-setup.sh $(DRACUTDIR)/90driverctl/module-setup.sh 755
initramfs/dracut/driverctl-early.sh $(DRACUTDIR)/90driverctl/driverctl-early.sh 755
endef
define mkinitcpio
initramfs/mkinitcpio/install $(INITCPIODIR)/install/driverctl 644
initramfs/mkinitcpio/hook $(INITCPIODIR)/hooks/driverctl 644
endef
files = $(strip $(FILES) $(foreach i,$(INITRAMFS),$($(i))))
TEXTS = $(filter-out $(PROGRAMS) /% ../% link 644 755,$(files))

all: $(addprefix $(BUILD)/,$(PROGRAMS) $(TEXTS))

# A missing library stops the build by name; in "make deps all" it is there by now.
libraries: | $(filter deps,$(MAKECMDGOALS))
	@for l in $(LIBS); do $(PKG_CONFIG) --exists $$l || \
		{ echo "missing: $$l (pkg-config; 'make deps' installs it)" >&2; exit 1; }; done

$(BUILD)/%.o: %.c Makefile $(BUILD)/compiled-in | libraries
	@mkdir -p $(@D)
	$(CC) $(cflags) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(LIB): $(call obj,$(wildcard lib/*/*.c))
$(COMMAND): $(call obj,$(filter-out driverctl/main.c,$(wildcard driverctl/*.c)))
$(LIB) $(COMMAND):
	rm -f $@
	$(AR) rcs $@ $^

# From an archive a program gets only the objects that it needs: driverctl_load gets none that needs
# libudev or json-c.
$(DRIVERCTL): $(call obj,driverctl/main.c)
$(VFIO_NAME): $(call obj,udev/vfio_name.c)
$(LOAD): $(call obj,udev/driverctl_load.c udev/functions.c)
$(UNIT_TESTS): %: %.o
# A target of libFuzzer, which brings its own main(), and the same one for its corpus alone.
$(FUZZERS): %: %.o $(BUILD)/tests/fuzz/fuzz.o
$(REPLAYS): $(BUILD)/tests/fuzz/replay_%: $(addprefix $(BUILD)/tests/fuzz/,fuzz_%.o fuzz.o replay.o)

$(FAULTY): $(addprefix $(BUILD)/tests/helpers/,faulty.o rule.o watch.o)
$(DRIVERCTL) $(VFIO_NAME) $(LOAD) $(UNIT_TESTS) $(FUZZERS) $(REPLAYS) $(FAULTY): $(COMMAND) $(LIB)
	$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $(filter %.o,$^) $(COMMAND) $(LIB) \
		-Wl,--as-needed $(ldlibs)

# The texts name the default paths; here they get those that were chosen.
relocate = s|/usr/sbin/driverctl|$(SBINDIR)/driverctl|g; s|/etc/driverctl|$(SYSCONFDIR)/driverctl|g; \
	s|/run/driverctl|$(RUNDIR)/driverctl|g; s|/usr/share/driverctl/|$(DATADIR)/driverctl/|g; \
	s|/usr/lib/udev/|$(UDEVDIR)/|g; s|/usr/lib/systemd/system/|$(UNITDIR)/|g; \
	s|/usr/lib/tmpfiles.d/|$(TMPFILESDIR)/|g; s|/usr/lib/dracut/modules.d/|$(DRACUTDIR)/|g; \
	s|/usr/lib/initcpio/|$(INITCPIODIR)/|g; s|/usr/share/initramfs-tools/\([hs][oc][^/]*/\)|$(INITRAMFSDIR)/\1|g; \
	s|@SBINDIR@|$(SBINDIR)|g; s|@UDEVDIR@|$(UDEVDIR)|g
$(foreach t,$(TEXTS),$(eval $(BUILD)/$(t): $(wildcard $(t) $(t).in)))
$(addprefix $(BUILD)/,$(filter %.service,$(TEXTS))): systemd/confinement
$(addprefix $(BUILD)/,$(TEXTS)): $(BUILD)/directories
	@mkdir -p $(@D)
	@sed '$(relocate)' $(filter-out $<,$^) >$@

# Other paths rebuild what names them.
$(BUILD)/compiled-in: export CONTENTS = $(paths)
$(BUILD)/directories: export CONTENTS = $(relocate)
$(BUILD)/compiled-in $(BUILD)/directories: paths
	@mkdir -p $(@D)
	@echo "$$CONTENTS" | cmp -s - $@ || echo "$$CONTENTS" >$@

-include $(wildcard $(OBJECTS:.o=.d))

install: all
	@printf '%s %s %s\n' $(files) | while read -r from to mode; do \
		to="$(DESTDIR)$$to"; \
		case $$mode in \
		link) $(INSTALL) -d "$${to%/*}" && ln -sfv "$$from" "$$to" ;; \
		*) $(INSTALL) -v -D -m $$mode "$(BUILD)/$$from" "$$to" ;; \
		esac || exit; \
	done
	$(INSTALL) -d "$(DESTDIR)$(SYSCONFDIR)/driverctl.d"

# Saved overrides are the administrator's: a store that is not empty stays.
uninstall:
	@printf '%s %s %s\n' $(files) | while read -r from to mode; do rm -fv "$(DESTDIR)$$to"; done
	-rmdir $(patsubst %,"$(DESTDIR)%",$(DRACUTDIR)/90driverctl $(DATADIR)/driverctl/schemas $(DATADIR)/driverctl) 2>/dev/null
	-rmdir "$(DESTDIR)$(SYSCONFDIR)/driverctl.d" 2>/dev/null

# --- tests; the last line of each is "N passed, N failed" ---

export BUILD DRIVERCTL VFIO_NAME VERSION

check: suites := unit plain
check-fast: suites := unit fuzz lint cli
check-all: suites := unit fuzz lint cli vm
check-next: suites := next
lint: suites := lint lint-long
faults storm: suites = $@
check check-fast check-all: all $(UNIT_TESTS) $(REPLAYS)
check-fast check-all: $(FAULTY)
check check-fast check-all check-next lint faults storm: | libraries
	tests/run $(suites)

check-fresh: ; tests/fresh $(or $(SUITE),bookworm trixie)
check-packages: ; tests/run packages
dist distcheck deb rpm: ; packaging/build $@
coverage: ; +tests/coverage/run
# Every C file, for the compilers of lint.
objects: $(OBJECTS)
fuzz: libraries ; tests/fuzz/run $(or $(FUZZ),$(FUZZ_TARGETS))
demo demo-libvirt: all ; tests/vm/demo $@
bench: all ; set -e; for b in list-devices rules best-vfio guest; do bench/$$b; done
deps: ; tests/install-deps $(MAKECMDGOALS)
clean: ; rm -rf "$(BUILD)"
help:
	@cat tests/targets.txt
	@$(foreach v,DESTDIR CPPFLAGS WERROR SANITIZE $(shell sed -n 's/^\([A-Z_]*\) ?=.*/\1/p' Makefile),printf '  %-14s%s\n' $(v) '$($(v))' &&) :

.PHONY: all libraries paths install uninstall check check-fast check-all check-next check-fresh check-packages lint faults storm \
	dist distcheck deb rpm coverage objects fuzz demo demo-libvirt bench deps clean help
endif
