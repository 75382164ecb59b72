# shellcheck shell=bash
# Reading other Debian suites than the machine's own, without touching the machine's apt:
# every suite gets its own lists and caches under $LAB_CACHE/apt. None of this needs root.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# mirror_of SUITE: the address to read it from, that is the mirror the machine already uses.
mirror_of() {
    local security=no uri release found=
    [[ $1 == *-security ]] && security=yes
    if [[ $security = yes && -n ${MPATH_LAB_SECURITY_MIRROR-} ]]; then
        printf '%s' "$MPATH_LAB_SECURITY_MIRROR"
        return
    elif [[ $security = no && -n ${MPATH_LAB_MIRROR-} ]]; then
        printf '%s' "$MPATH_LAB_MIRROR"
        return
    fi
    [[ $(os_release ID) = debian ]] || die "this is not Debian: give a Debian mirror's address" \
        "in MPATH_LAB_MIRROR, and that of its security archive in MPATH_LAB_SECURITY_MIRROR"
    # shellcheck disable=SC2016 # these dollars are the format's own
    while read -r uri release; do
        case $security,$release in
        yes,*-security | yes,*/updates | no,*) ;;
        *) continue ;;
        esac
        [[ $security = no && $release == *-security ]] && continue
        found=$uri
        break
    done < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages')
    [[ -n $found ]] || die "no mirror for $1 in the machine's apt sources" \
        "(set MPATH_LAB_MIRROR and MPATH_LAB_SECURITY_MIRROR)"
    printf '%s' "$found"
}

# use_suite SUITE [deb-src]: downloads its list of packages, or of sources, and makes `suite_apt` speak of it.
use_suite() {
    local mirror
    suite=$1 suite_dir=$LAB_CACHE/apt/$1
    mkdir -p "$suite_dir"/{lists/partial,cache/archives/partial,none}
    : >"$suite_dir/status"
    mirror=$(mirror_of "$suite") || exit
    echo "${2:-deb} [signed-by=$KEYRING] $mirror $suite main" >"$suite_dir/sources.list"
    suite_options=(
        -qq
        -o "Dir::Etc::SourceList=$suite_dir/sources.list"
        -o "Dir::Etc::SourceParts=$suite_dir/none"
        -o "Dir::Etc::PreferencesParts=$suite_dir/none"
        -o "Dir::State::Lists=$suite_dir/lists"
        -o "Dir::State::status=$suite_dir/status"
        -o "Dir::Cache=$suite_dir/cache"
        -o Acquire::Languages=none
        -o Acquire::Retries=3
        -o APT::Architecture=amd64
        -o APT::Sandbox::User= # the cache may be where the user _apt cannot go
    )
    # What it says is of interest only if it fails: a container image's clean-up hook, for one,
    # complains that it may not clean what is not ours.
    suite_apt get update >"$suite_dir/log" 2>&1 || {
        cat "$suite_dir/log" >&2
        die "cannot read the package list of $suite"
    }
}

# suite_apt get|cache WORD…
suite_apt() {
    local tool=$1
    shift
    "apt-$tool" "${suite_options[@]}" "$@"
}

# suite_newest REGEX: the newest package name of the suite that matches, or nothing.
suite_newest() {
    suite_apt cache pkgnames | grep -E "^($1)\$" | sort -V | tail -n 1
}

# suite_version PACKAGE: its version in the suite, or nothing.
suite_version() {
    suite_apt cache show --no-all-versions "$1" 2>/dev/null | sed -n 's/^Version: //p' | head -n 1
}

# suite_unpack DIR PACKAGE…: downloads and unpacks, installs nothing.
suite_unpack() {
    local dir=$1 download
    shift
    download=$(mktemp -d "$LAB_CACHE/download.XXXXXX")
    (cd "$download" && suite_apt get download "$@") || die "cannot download $* of $suite"
    mkdir -p "$dir"
    for deb in "$download"/*.deb; do dpkg -x "$deb" "$dir"; done
    rm -rf "$download"
}
