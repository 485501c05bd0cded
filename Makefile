# SPDX-License-Identifier: GPL-2.0
# What a person types. "make help" lists it.

prefix ?= /usr
mandir ?= $(prefix)/share/man
bashdir ?= $(prefix)/share/bash-completion/completions
zshdir ?= $(prefix)/share/zsh/site-functions
KERNELDIR ?= /lib/modules/$(shell uname -r)/build
SUITE ?= trixie
FUZZ_SECONDS ?= 10
export FUZZ_SECONDS

# NO_MODULES=1 leaves the module out, and then needs no kernel headers.
MODULES := $(if $(NO_MODULES),,modules)

.DEFAULT_GOAL := all

all: ptctl $(MODULES)		## build the tool and the module

ptctl:				## build the tool: build/ptctl
	$(MAKE) -C userspace O=$(CURDIR)/build

modules:			## build the module for the kernel of KERNELDIR
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR)/kmod modules

# INSTALL_MOD_PATH makes the kernel's own rule install below DESTDIR.
install: all			## install; takes DESTDIR, prefix, KERNELDIR, NO_MODULES=1
ifneq ($(MODULES),)
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR)/kmod INSTALL_MOD_PATH=$(DESTDIR) modules_install
endif
	install -D -m 755 build/ptctl $(DESTDIR)$(prefix)/sbin/ptctl
	$(call install_file,755,packaging/iommu-pt-boot,$(prefix)/lib/iommu-pt/boot)
	for rules in udev/rules.d/*.rules; do \
		$(call install_file,644,$$rules,$(prefix)/lib/udev/rules.d/$${rules##*/}) || exit; \
	done
	install -d -m 755 $(DESTDIR)/etc/iommu-pt/rules.d
	# Where ptctl looks for them, whatever the prefix.
	install -d -m 755 $(DESTDIR)/usr/lib/iommu-pt/rules.d
	install -D -m 644 -t $(DESTDIR)/usr/lib/iommu-pt/profiles profiles/*.rules
	install -D -m 644 -t $(DESTDIR)$(mandir)/man4 man/*.4
	install -D -m 644 -t $(DESTDIR)$(mandir)/man5 man/*.5
	install -D -m 644 -t $(DESTDIR)$(mandir)/man8 man/*.8
	install -D -m 644 -t $(DESTDIR)$(prefix)/share/doc/ptctl doc/hints.md
	install -D -m 644 completion/ptctl.bash $(DESTDIR)$(bashdir)/ptctl
	install -D -m 644 -t $(DESTDIR)$(zshdir) completion/_ptctl

# mode, file, where: the file, with what it names below prefix.
install_file = mkdir -p $$(dirname $(DESTDIR)$(3)) && \
	sed -E 's,/usr/(sbin/ptctl|lib/iommu-pt/boot),$(prefix)/\1,g' $(2) \
		>$(DESTDIR)$(3) && \
	chmod $(1) $(DESTDIR)$(3)

# For initramfs-tools, dracut, mkinitcpio, modprobe and systemd, which look below /usr,
# whatever the prefix. The unit is enabled by: systemctl enable iommu-pt.service
install-boot:			## install the initramfs hooks and the systemd unit as well
	$(call install_file,755,packaging/initramfs-tools/hooks/iommu-pt,/usr/share/initramfs-tools/hooks/iommu-pt)
	$(call install_file,755,packaging/initramfs-tools/scripts/init-top/iommu-pt,/usr/share/initramfs-tools/scripts/init-top/iommu-pt)
	$(call install_file,755,packaging/dracut/50iommu-pt/module-setup.sh,/usr/lib/dracut/modules.d/50iommu-pt/module-setup.sh)
	$(call install_file,755,packaging/dracut/50iommu-pt/iommu-pt.sh,/usr/lib/dracut/modules.d/50iommu-pt/iommu-pt.sh)
	$(call install_file,644,packaging/mkinitcpio/install/iommu-pt,/usr/lib/initcpio/install/iommu-pt)
	$(call install_file,644,packaging/mkinitcpio/hooks/iommu-pt,/usr/lib/initcpio/hooks/iommu-pt)
	$(call install_file,644,packaging/modprobe.d/iommu-pt.conf,/usr/lib/modprobe.d/iommu-pt.conf)
	$(call install_file,644,packaging/systemd/iommu-pt.service,/usr/lib/systemd/system/iommu-pt.service)

# DKMS copies it from there: dkms install iommu-pt-policy/VERSION
install-dkms: version = $(shell sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' kmod/iommu_pt_policy.c)
install-dkms: source = $(DESTDIR)/usr/src/iommu-pt-policy-$(version)
install-dkms:			## install the module's source for DKMS
	cd kmod && find . -name '*.[ch]' ! -name '*.mod.c' -o -name Kbuild | while read -r file; do \
		install -D -m 644 "$$file" "$(source)/$$file" || exit; \
	done
	sed 's/#MODULE_VERSION#/$(version)/' packaging/dkms/dkms.conf >$(source)/dkms.conf

packages:			## build Debian packages into build/packages; SUITE=trixie
	tests/install-deps demo
	packaging/build $(SUITE)

check:				## install what tests need, run them; T=PATTERN picks by name
	tests/install-deps check
	tests/run $(if $(T),'$(T)')

# Some hours on two CPUs: each fuzzer for 10 minutes, storms, what boots Debian, and the
# tests of the tests.
check-long: FUZZ_SECONDS := 600
check-long:			## the same and what takes long
	tests/install-deps check
	tests/run --long $(if $(T),'$(T)')

# The first time, more than an hour more: it builds these kernels. T=PATTERN leaves
# out what the last two lines run.
check-debug:			## guest tests on kernels with KASAN, lockdep, kmemleak, KCSAN, ...
	tests/install-deps check
	tests/vm/run --kernel 6.12-debug --kernel 6.12-kobject --kernel 7.3-debug $(if $(T),'$(T)')
	$(if $(T),,tests/vm/run --kernel 6.12-debug --machine swarm --machine sleep)
	$(if $(T),,tests/vm/run --kernel 6.12-kcsan --machine race)

check-boot:			## boot Debian from its own disk, with the packages installed
	tests/install-deps check
	tests/vm/run --machine boot --machine boot-virtio --machine boot-plain

demo:				## show the main job in a guest with a virtual IOMMU
	tests/install-deps demo
	tests/vm/demo

# 15 minutes or so. B=GROUP measures only data, hotadd, rebind or many.
bench:				## measure what it costs, beside what it replaces; B=GROUP
	tests/install-deps demo
	tests/vm/bench $(B)

fuzz:				## fuzz parsers, and what reads files and arguments, for FUZZ_SECONDS (10) each
	tests/fuzz/run rule
	tests/fuzz/run hint
	tests/fuzz/run channel
	tests/fuzz/run files
	tests/fuzz/run cli
	tests/fuzz/run sysroot

lint:				## shellcheck, sparse, analysers; the guests' builds do W=1
	tests/lint

# 20 minutes or so, guests and all; tests/coverage --no-guests for what runs here.
coverage:			## what the tests run of ptctl and the shared code
	tests/install-deps check
	tests/coverage

# Not Kbuild's own clean, which needs the headers.
clean:				## remove what was built; .cache stays
	rm -rf build
	cd kmod && rm -f *.o *.ko *.mod *.mod.c .*.cmd .*.o .*.d Module.symvers modules.order

help:				## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1\t/p' Makefile | expand -t 14

.PHONY: all ptctl modules install install-boot install-dkms packages check check-long check-debug check-boot demo bench fuzz lint coverage clean help
