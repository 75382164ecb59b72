# shellcheck shell=bash disable=SC2034 # for whoever sources this
# What tests of packages are made of: sentences, and a bare Debian to install into. All of it is gone when the script ends.

work=$(mktemp -d)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT

passed=0
# is SENTENCE COMMAND…: one test.
is() {
    local sentence=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
        echo "ok: $sentence"
    else
        echo "FAILED: $sentence: $*" >&2
        cat "$work/out" >&2
        echo "$passed passed, 1 failed"
        exit 1
    fi
}
isnt() {
    local sentence=$1
    shift
    is "$sentence" not "$@"
}
not() { ! "$@"; }

# bare_root PACKAGE…: the machine's own release of Debian, with next to nothing beside these.
bare_root() {
    mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "$*")" \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" >&2
}

# inside COMMAND…: there, as on a machine of its own.
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
