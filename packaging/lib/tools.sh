# shellcheck shell=bash disable=SC2154 # $top: whoever sources this
# What every kind of package needs: the release build, and tools of cargo in the versions that were tried.

# Outside of the checkout: cargo-auditable has cargo call it in the compiler's place (RUSTC_WORKSPACE_WRAPPER), and by its path
# the symbols of the workspace's crates are named. Below target/ each checkout would make another program.
tools=${XDG_CACHE_HOME:-$HOME/.cache}/mpath-tools
cargo_deb=3.8.0
cargo_auditable=0.7.7
# shellcheck disable=SC2034 # for tests/deny
cargo_deny=0.20.2

# cargo_tool NAME VERSION [OPTION…]: builds it where it is not there in this version.
cargo_tool() {
    local name=$1 version=$2
    shift 2
    [[ -e $tools/$name-$version ]] && return
    mkdir -p "$tools"
    CARGO_TARGET_DIR=$top/target/tools-build cargo install --quiet --locked --root "$tools" "$@" "$name@$version" >&2
    rm -rf "$top/target/tools-build"
    touch "$tools/$name-$version"
}

# Builds target/release/mpath with the list of its dependencies inside (cargo-auditable), and what is made from it: man pages
# and completions. Nothing of the machine gets in: neither paths nor the time.
release_build() {
    cargo_tool cargo-auditable "$cargo_auditable"
    SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct 2>/dev/null || echo 0)
    export SOURCE_DATE_EPOCH
    local home=${CARGO_HOME:-$HOME/.cargo}
    RUSTFLAGS="--remap-path-prefix=$top=/mpath --remap-path-prefix=$home=/cargo" \
        "$tools/bin/cargo-auditable" auditable build --quiet --release --locked --package mpath --bin mpath >&2
    make --no-print-directory --silent man >&2
    mkdir -p "$top/target/completions"
    "$top/target/release/mpath" completions bash >"$top/target/completions/mpath.bash"
    "$top/target/release/mpath" completions zsh >"$top/target/completions/_mpath"
    "$top/target/release/mpath" completions fish >"$top/target/completions/mpath.fish"
}
