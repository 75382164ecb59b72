# What the README names, and what contributors run. Every target does its own set-up on a Debian with Rust.

# The kernel that the tests run on by default; `tests/lab/README.md` lists all.
KERNEL ?= uml
# All that the same tests must pass on.
KERNELS ?= uml-5.10 uml-6.1 uml-6.12 uml-7.2 qemu-6.1 qemu-7.3

# What runs fastest; for tests that are more about other programs than about the kernel.
QUICKEST ?= uml-7.2

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

.PHONY: test
test: lab ## every test, those on a real kernel included
	cargo test --workspace --exclude mpath
	cargo test --package mpath --lib --bins --test cli --test ipmp --test plans
	tests/fuzz/run --same
	$(call in_lab,$(KERNEL)) cargo test --package mpath --test kernel
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
test-managers: ## doctor and the real NetworkManager, systemd-networkd, ifupdown and dhcpcd
	tests/lab/setup --packages $(QUICKEST)
	MPATH_LAB_MANAGERS="$$(tests/lab/managers)" $(call in_lab,$(QUICKEST)) cargo test --package mpath --test kernel once_cured

.PHONY: fuzz
fuzz: ## every fuzzer, sharing MINUTES: all inputs from outside that nobody thought of
	tests/fuzz/run --total $$(($(MINUTES) * 60))

.PHONY: lint
lint: ## format, clippy, documentation, shell scripts
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	tests/lab/packages --lint
	shellcheck -x -P SCRIPTDIR $$(git grep -lE '^#!.*(bash|sh)$$' -- tests .ci)

.PHONY: check-illumos
check-illumos: ## types and lints of all that is compiled for illumos and Solaris, tests included
	tests/illumos-check

.PHONY: lab
lab: ## install what the lab needs, and fetch its kernel
	tests/lab/setup --packages $(KERNEL)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16
