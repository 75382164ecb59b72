# What the README names, and what contributors run. Every target does its own set-up on a Debian with Rust.

# The kernel that the tests run on by default: programs start eight times as fast in it as in that of Debian 12, and the
# tests start thousands. `tests/lab/README.md` lists all.
KERNEL ?= quick
# All that the same tests must pass on.
KERNELS ?= uml-5.10 uml-6.1 uml-6.12 uml-7.2 qemu-6.1 qemu-7.3

# One with simulated radios and drivers of real cards: a full kernel. Those of user mode have none.
FULL_KERNEL ?= qemu-6.1

# What runs the tests on the driver: `tests/again` gives one that failed a second chance, and tells of it.
AGAIN ?=

# How often each program does everything in `make bench`.
ROUNDS ?= 10
# How many groups one host has in it, in turn.
SIZES ?= 1,10,100

# How long `make fuzz` takes, after the build.
MINUTES ?= 10

lab := tests/lab/run
# Cargo runs a test binary by this, so that the tests in it find themselves inside the lab.
target := $(shell rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
in_lab = CARGO_TARGET_$(target)_RUNNER="$(CURDIR)/$(lab) -t 3000 -k $(1)"

.PHONY: demo
demo: lab ## bring home-lan up in the lab, cut the wire under ping, plug it in again
	cargo build --quiet --bin mpath
	$(lab) -k $(KERNEL) tests/demo target/debug/mpath

# At last side by side: a kernel in user mode has one processor, and leaves another one to the rest.
.PHONY: test
test: lab ## every test, those on a real kernel included
	cargo test --workspace --exclude mpath --exclude mpath-nmstate
	MPATH_TEST_SHELLS=required cargo test --package mpath --lib --bins --test cli --test ipmp --test plans
	cargo test --package mpath --test kernel --no-run
	$(MAKE) --no-print-directory -j2 test-driver test-stops

.PHONY: test-driver
test-driver: lab ## the tests on the real bonding driver
	$(call in_lab,$(KERNEL)) $(AGAIN) cargo test --package mpath --test kernel

.PHONY: test-stops
test-stops: lab ## a short run of each fuzzer, and machines stopped dead
	tests/fuzz/run --same
	LAB_KERNEL=$(KERNEL) CARGO_TARGET_$(target)_RUNNER="$(CURDIR)/tests/dead-stop" cargo test --package mpath --test kernel

.PHONY: test-kernels
test-kernels: ## the kernel tests on every kernel of KERNELS
	tests/lab/setup --packages $(KERNELS)
	set -e; for kernel in $(KERNELS); do \
	    echo "== $$kernel"; \
	    $(call in_lab,$$kernel) cargo test --package mpath --test kernel; \
	done

.PHONY: test-moments
test-moments: lab ## kill mpath at 200 moments instead of the few that `make test` takes
	MPATH_TEST_MOMENTS=200 $(call in_lab,$(KERNEL)) cargo test --package mpath --test kernel killed_at_any_moment

.PHONY: test-managers
test-managers: ## doctor and adopt, and the real NetworkManager, systemd-networkd, ifupdown and dhcpcd
	tests/lab/setup --packages $(KERNEL)
	MPATH_LAB_MANAGERS="$$(tests/lab/managers)" $(call in_lab,$(KERNEL)) $(AGAIN) cargo test --package mpath --test kernel -- once_cured
	MPATH_LAB_MANAGERS="$$(tests/lab/managers)" $(call in_lab,$(KERNEL)) $(AGAIN) cargo test --package mpath --test kernel -- adopted_from_

.PHONY: test-boot
test-boot: lab ## boots with systemd, and with OpenRC, as on real systems; the units, and the script of ifupdown
	tests/lab/packages --boot
	MPATH_TEST_BOOT=$(KERNEL) $(AGAIN) cargo test --package mpath --test boot

.PHONY: test-ansible
test-ansible: lab ## the Ansible collection: lint, and with real Ansible, Salt and Puppet on a fleet in the lab
	cargo build --quiet --package mpath-illumos-simulator --bins
	tools="$$(tests/ansible/setup)" && tests/ansible/lint "$$tools" && \
	    MPATH_TEST_ANSIBLE="$$tools" $(call in_lab,$(KERNEL)) $(AGAIN) cargo test --package mpath --test ansible

.PHONY: test-formats
test-formats: ## what `mpath render` writes, brought up by the real programs that read it
	cargo test --package mpath-nmstate
	tests/lab/setup --packages $(KERNEL)
	MPATH_LAB_MANAGERS="$$(tests/lab/managers)" $(call in_lab,$(KERNEL)) $(AGAIN) cargo test --package mpath --test kernel -- rendered_for_

.PHONY: test-wifi
test-wifi: ## the tests with wireless members, on simulated radios: a full kernel, emulated
	tests/lab/setup --packages $(FULL_KERNEL)
	$(call in_lab,$(FULL_KERNEL)) $(AGAIN) cargo test --package mpath --test kernel -- a_wireless

.PHONY: test-cards
test-cards: ## a network card that does not tell when its cable is pulled: emulated, in a full kernel
	tests/lab/setup --packages $(FULL_KERNEL)
	LAB_CARDS=e1000e $(call in_lab,$(FULL_KERNEL)) $(AGAIN) cargo test --package mpath --test kernel -- a_carrier_that_does_not_tell

.PHONY: test-drill
test-drill: lab ## compare the gaps that a drill measures with a capture, in ten runs
	MPATH_TEST_RUNS=10 $(call in_lab,$(KERNEL)) cargo test --package mpath --test kernel the_gap_of_every_kind_of_probe

.PHONY: fuzz
fuzz: ## every fuzzer, sharing MINUTES: all inputs from outside that nobody thought of
	tests/fuzz/run --total $$(($(MINUTES) * 60))

.PHONY: bench
bench: lab ## measure mpath beside what people would use instead: docs/benchmarks.md, its pictures and bench.json
	tests/lab/packages --bench
	tests/lab/setup --packages vt-6.1
	tests/bench/run -k $(KERNEL) -n $(ROUNDS) -s $(SIZES)

.PHONY: bench-gate
bench-gate: lab ## hold a few ratios and counts of instructions against tests/bench/gate.json
	tests/lab/packages --bench
	tests/bench/run -k $(KERNEL) --gate

.PHONY: bench-renew
bench-renew: lab ## write tests/bench/gate.json anew, from what is so now
	tests/lab/packages --bench
	tests/bench/run -k $(KERNEL) --renew

.PHONY: bench-fleet
bench-fleet: ## plan and check a fleet of 10,000 hosts: time and memory, a line of JSON for each command
	cargo bench --package mpath --bench fleet

.PHONY: screens
screens: lab ## make the pictures in the documents anew
	tests/lab/packages --screens
	docs/screens/make $(KERNEL)

.PHONY: deb
deb: ## build a Debian package below target/debian
	packaging/deb

.PHONY: test-deb
test-deb: lab ## install, boot, upgrade and purge the Debian package in a bare Debian, as root
	MPATH_TEST_BOOT=$(KERNEL) packaging/test-deb

.PHONY: rpm
rpm: ## build an RPM package below target/rpm
	packaging/rpm/build

.PHONY: test-rpm
test-rpm: ## install and erase the RPM package in a bare root, as root
	packaging/test-rpm

.PHONY: reproducible
reproducible: ## build the Debian package twice, in two places, and compare: ten minutes
	packaging/reproduce

.PHONY: deny
deny: ## licences, second versions and sources of what comes from others; and its known holes, where they can be looked up
	tests/deny

.PHONY: lint
lint: ## format, clippy, documentation, shell scripts, manual pages, examples by the schema
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	tests/lab/packages --lint
	shellcheck -x -P SCRIPTDIR $$(git grep -lE '^#!.*(bash|sh)$$' -- tests docs packaging .ci ':!tests/cli/cases') packaging/openrc/* cli/src/completion/mpath.bash
	$(MAKE) --no-print-directory man
	mandoc -T lint -W warning target/man/man*/*
	tests/taplo
	! groff -man -T utf8 -k -ww -z target/man/man*/* 2>&1 | grep .

.PHONY: man
man: ## the manual pages, into target/man
	cargo run --quiet --package mpath-man target/man

.PHONY: check-illumos
check-illumos: ## types and lints of all that is compiled for illumos and Solaris, tests included
	tests/illumos-check

.PHONY: lab
lab: ## install what the lab needs, and fetch its kernel
	tests/lab/setup --packages $(KERNEL)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16
