# SPDX-License-Identifier: LGPL-2.1-or-later
# GNU make. Everything is built in $(BUILD); `make help` lists what there is to make.

VERSION := 1.0.0
BUILD ?= build
PREFIX ?= /usr
SYSCONFDIR ?= /etc
DESTDIR ?=
PKG_CONFIG ?= pkg-config
CC ?= cc
# Those that not every compiler has; asked once, when it is there ("make deps all").
hardening = $(eval hardening := $(foreach f,-fstack-clash-protection -fcf-protection,$(shell \
	$(CC) -Werror $(f) -xc -c -o /dev/null /dev/null 2>/dev/null && echo $(f))))$(hardening)
CFLAGS ?= -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(hardening)
LDFLAGS ?= -pie -Wl,-z,relro,-z,now
INSTALL ?= install

SBINDIR := $(PREFIX)/sbin
MANDIR := $(PREFIX)/share/man
DATADIR := $(PREFIX)/share
# pkg-config may know nothing of udev and systemd, and says /lib where that is a link to /usr/lib.
directory = $(patsubst /lib/%,/usr/lib/%,$(or $(shell $(PKG_CONFIG) --variable=$(1) $(2) 2>/dev/null),$(3)))
UDEVDIR ?= $(call directory,udevdir,udev,/usr/lib/udev)
UNITDIR ?= $(call directory,systemdsystemunitdir,systemd,/usr/lib/systemd/system)
DRACUTDIR ?= $(call directory,dracutmodulesdir,dracut,/usr/lib/dracut/modules.d)
INITRAMFSDIR ?= /usr/share/initramfs-tools

LIBS := libudev libkmod inih json-c
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
cflags = -std=gnu11 -D_GNU_SOURCE -fPIE -DVERSION='"$(VERSION)"'
cflags += -DINITRAMFSDIR='"$(INITRAMFSDIR)"' -DDRACUTDIR='"$(DRACUTDIR)"' -Ilib -Idriverctl -MMD -MP $(WARNINGS)
cflags += $(shell $(PKG_CONFIG) --cflags $(LIBS))
# libkmod is opened at run time, see lib/kernel/module.c.
ldlibs = $(shell $(PKG_CONFIG) --libs $(filter-out libkmod,$(LIBS))) -ldl
ifdef WERROR
cflags += -Werror
endif
ifdef SANITIZE
CFLAGS := -O1 -g -fno-omit-frame-pointer
LDFLAGS :=
cflags += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
ldflags := -fsanitize=$(SANITIZE)
override BUILD := $(BUILD)/sanitize
endif

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
OBJECTS := $(call obj,$(wildcard $(addsuffix /*.c,lib/* driverctl udev bench tests/*)))
LIB := $(BUILD)/lib/libdriverctl.a
COMMAND := $(BUILD)/driverctl/libcommand.a
DRIVERCTL := $(BUILD)/driverctl/driverctl
VFIO_NAME := $(BUILD)/udev/vfio_name
LOAD := $(BUILD)/udev/driverctl_load
# What names the program by its path.
TEXTS := $(addprefix $(BUILD)/,udev/05-driverctl.rules systemd/driverctl@.service \
	systemd/driverctl-early.service)
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(addprefix $(BUILD)/tests/fuzz/fuzz_,$(FUZZ_TARGETS))
FAULTY := $(BUILD)/tests/helpers/faulty
REPLAYS := $(addprefix $(BUILD)/tests/fuzz/replay_,$(FUZZ_TARGETS))

.PHONY: all
all: $(DRIVERCTL) $(VFIO_NAME) $(LOAD) $(TEXTS)

# A missing library stops the build by name; in "make deps all" it is there by now.
.PHONY: libraries
libraries: | $(filter deps,$(MAKECMDGOALS))
	@for l in $(LIBS); do $(PKG_CONFIG) --exists $$l || \
		{ echo "missing: $$l (pkg-config; 'make deps' installs it)" >&2; exit 1; }; done

$(BUILD)/%.o: %.c Makefile | libraries
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

$(DRIVERCTL) $(VFIO_NAME) $(LOAD) $(UNIT_TESTS) $(FUZZERS) $(REPLAYS): $(COMMAND) $(LIB)
	$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $(filter %.o,$^) $(COMMAND) $(LIB) \
		-Wl,--as-needed $(ldlibs)

# The directories are compiled in: another PREFIX rebuilds what names them.
.PHONY: directories
$(BUILD)/directories: directories
	@mkdir -p $(@D)
	@echo '$(SBINDIR) $(UDEVDIR) $(INITRAMFSDIR) $(DRACUTDIR)' | cmp -s - $@ || \
		echo '$(SBINDIR) $(UDEVDIR) $(INITRAMFSDIR) $(DRACUTDIR)' >$@

$(BUILD)/lib/change/initramfs.o: $(BUILD)/directories

$(TEXTS): $(BUILD)/%: %.in Makefile $(BUILD)/directories
	@mkdir -p $(@D)
	sed 's|@SBINDIR@|$(SBINDIR)|; s|@UDEVDIR@|$(UDEVDIR)|' $< >$@

$(FAULTY): $(FAULTY).o $(addprefix $(BUILD)/tests/helpers/,rule.o watch.o)
	$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^

-include $(wildcard $(OBJECTS:.o=.d))

# --- install: FROM TO MODE, for uninstall too ---

define FILES
$(DRIVERCTL) $(SBINDIR)/driverctl 755
$(VFIO_NAME) $(UDEVDIR)/vfio_name 755
$(LOAD) $(UDEVDIR)/driverctl_load 755
$(BUILD)/udev/05-driverctl.rules $(UDEVDIR)/rules.d/05-driverctl.rules 644
udev/89-vfio-uio.rules $(UDEVDIR)/rules.d/89-vfio-uio.rules 644
$(BUILD)/systemd/driverctl@.service $(UNITDIR)/driverctl@.service 644
$(BUILD)/systemd/driverctl-early.service $(UNITDIR)/driverctl-early.service 644
initramfs/initramfs-tools/hook $(INITRAMFSDIR)/hooks/driverctl 755
initramfs/initramfs-tools/init-top $(INITRAMFSDIR)/scripts/init-top/driverctl 755
initramfs/dracut/module-setup.sh $(DRACUTDIR)/90driverctl/module-setup.sh 755
initramfs/dracut/driverctl-early.sh $(DRACUTDIR)/90driverctl/driverctl-early.sh 755
driverctl/driverctl.8 $(MANDIR)/man8/driverctl.8 644
driverctl/driverctl.conf.5 $(MANDIR)/man5/driverctl.conf.5 644
libvirt/driverctl $(DATADIR)/driverctl/libvirt-hook 755
completions/driverctl.bash $(DATADIR)/bash-completion/completions/driverctl 644
completions/_driverctl $(DATADIR)/zsh/site-functions/_driverctl 644
completions/driverctl.fish $(DATADIR)/fish/vendor_completions.d/driverctl.fish 644
endef
export FILES

# The early step belongs to every boot; there is nothing to enable.
WANTED = $(DESTDIR)$(UNITDIR)/sysinit.target.wants/driverctl-early.service

.PHONY: install uninstall
install: all
	@echo "$$FILES" | while read -r from to mode; do \
		$(INSTALL) -v -D -m $$mode "$$from" "$(DESTDIR)$$to" || exit; \
	done
	$(INSTALL) -d "$(DESTDIR)$(SYSCONFDIR)/driverctl.d" "$(dir $(WANTED))"
	ln -sf ../driverctl-early.service "$(WANTED)"

# Saved overrides are the administrator's: a store that is not empty stays.
uninstall:
	@echo "$$FILES" | while read -r from to mode; do rm -fv "$(DESTDIR)$$to"; done
	rm -fv "$(WANTED)"
	-rmdir "$(DESTDIR)$(DRACUTDIR)/90driverctl" "$(DESTDIR)$(DATADIR)/driverctl" 2>/dev/null
	-rmdir "$(DESTDIR)$(SYSCONFDIR)/driverctl.d" 2>/dev/null

# --- tests; the last line of each is "N passed, N failed" ---

export BUILD DRIVERCTL VFIO_NAME

.PHONY: check check-fast check-fresh lint objects coverage faults storm demo demo-libvirt bench fuzz
check check-fast: all $(UNIT_TESTS) $(REPLAYS) $(FAULTY)
	tests/run unit fuzz lint cli $(if $(filter check,$@),vm)

# Before a release: on a minimal Debian, SUITE=trixie for one of them.
check-fresh:
	tests/fresh $(or $(SUITE),bookworm trixie)

lint: libraries
	tests/run lint lint-long

faults storm:
	tests/run $@

coverage:
	+tests/coverage/run

# Every C file, for the compilers of lint.
objects: $(OBJECTS)

fuzz: libraries
	tests/fuzz/run $(or $(FUZZ),$(FUZZ_TARGETS))

demo demo-libvirt: all
	tests/vm/demo $@

bench: all
	bench/list-devices
	bench/best-vfio
	bench/guest

.PHONY: deps clean help
deps:
	tests/install-deps $(MAKECMDGOALS)

clean:
	rm -rf "$(BUILD)"

help:
	@echo 'all        the programs, in $(BUILD)'
	@echo 'install    copy them to $$DESTDIR$(PREFIX); uninstall removes them'
	@echo 'deps       install what build and tests need (as root); with lint or fuzz, clang too'
	@echo 'demo       override a card in a virtual machine, reboot it, look; demo-libvirt: in a domain'
	@echo 'check      all tests; check-fast: without the virtual machine; coverage: which lines they run'
	@echo 'check-fresh  check-fast on a minimal Debian 12 and 13, before a release; SUITE=trixie'
	@echo 'lint       every file through compilers, analyzers and checkers; a short form is in check'
	@echo 'faults     fail and kill calls at every system call; storm: 4,000 calls at once; SUITE=trixie'
	@echo 'fuzz       give each reader of texts FUZZ_SECONDS (600) of random ones; FUZZ=NAME for one'
	@echo 'bench      measure against the shell driverctl'
	@echo 'Variables: CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR BUILD WERROR=1 SANITIZE=address,undefined'
