#!/usr/bin/env bash
# guidpost for Windows, on Debian and with the rustc that is there.
#
#   tests/windows.sh check    type-checks and lints everything for x86_64-pc-windows-msvc, which is what users build
#   tests/windows.sh build    builds guidpost.exe for x86_64-pc-windows-gnu (add `--release` as you like)
#   tests/windows.sh test     runs the tests that need no daemons under Wine
#
# What stands behind the mode goes to cargo. Exit 77 means skipped, with the reason: Debian no longer has what is needed,
# or cannot be reached.
#
# rustc comes without std for Windows here, so std is built once, from the source of the same release, and kept outside
# this repository, by rustc's commit. What is made there gets its name when it is complete: an interrupted run leaves
# only what the next one makes anew.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
    echo "SKIPPED: tests/windows.sh: $*"
    exit 77
}

mode=${1:-}
case $mode in
check) target=x86_64-pc-windows-msvc ;;
build | test) target=x86_64-pc-windows-gnu ;;
*)
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
shift

release=$(rustc -vV | sed -n 's/^release: //p')
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
kept=${XDG_CACHE_HOME:-$HOME/.cache}/guidpost-windows
cache=$kept/$commit
mkdir -p "$cache"
# Two at a time would make the same things twice, in the same place.
exec 9>"$kept/lock"
flock 9

# Debian's packages of rust-src, in the order in which they are looked for: those that fit several releases of Debian first.
suites=(trixie-backports trixie sid)

# Fetches rust-src of rustc's release into the current folder. Debian's own settings stay as they are: apt gets a state
# and a list of sources of its own, with the mirror that this machine uses.
fetch_source() {
    local codename mirror suite version reached=
    command -v apt-get >/dev/null || skip "no apt-get, and this rustc came without rust-src"
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | sort -u | head -1)
    mkdir -p lists/partial archives/partial
    cat >apt.conf <<END
Dir::Etc::sourcelist "$PWD/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$PWD";
Dir::State::lists "$PWD/lists";
Dir::State::status "/dev/null";
Dir::Cache "$PWD";
Dir::Cache::archives "$PWD/archives";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "2";
Acquire::http::Timeout "30";
END
    export APT_CONFIG=$PWD/apt.conf
    for suite in "${suites[@]}"; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >sources.list
        apt-get -q update || continue
        reached=1
        version=$(apt-cache madison rust-src | awk -v wanted="$release" '
            { plain = $3; sub(/[+~-].*/, "", plain); if (plain == wanted) found = $3 }
            END { print found }')
        if [[ $version ]]; then
            apt-get -q download "rust-src=$version" || skip "rust-src $version cannot be fetched from ${mirror:-deb.debian.org}"
            unset APT_CONFIG
            return
        fi
    done
    [[ $reached ]] || skip "${mirror:-deb.debian.org} cannot be reached, or has none of these: ${suites[*]}"
    skip "Debian has no rust-src $release (looked in ${suites[*]}), and rustc of another release cannot build it"
}

# Says where std's source is.
library() {
    local own
    own=$(rustc --print sysroot)/lib/rustlib/src/rust/library
    if [[ -e $own/std/Cargo.toml ]]; then echo "$own"; else echo "$cache/rustc-$release/library"; fi
}

need_source() {
    [[ ! -e $(library)/std/Cargo.toml ]] || return 0
    local work=$cache/source.partial
    rm -rf "$work"
    mkdir -p "$work"
    (cd "$work" && fetch_source)
    dpkg-deb --fsys-tarfile "$work"/rust-src_*.deb | tar -x -C "$work" "./usr/src/rustc-$release/library"
    rm -rf "$cache/rustc-$release"
    mv "$work/usr/src/rustc-$release" "$cache/rustc-$release"
    rm -rf "$work"
}

# Builds std for the target. What only type-checks needs no code, only what std declares.
sysroot=$cache/$target
need_std() {
    [[ ! -e $sysroot/made ]] || return 0
    need_source
    local verb=build options=(--release) work=$cache/$target.partial made=rlib profile=release
    if [[ $mode == check ]]; then
        verb=check options=() made=rmeta profile=debug
    fi
    rm -rf "$work" "$sysroot"
    mkdir -p "$work/dummy/src" "$work/lib/rustlib/$target/lib"
    cat >"$work/dummy/Cargo.toml" <<'END'
cargo-features = ["profile-rustflags"]
[package]
name = "dummy"
version = "0.0.0"
edition = "2021"
[workspace]
[profile.release.package.panic_abort]
rustflags = ["-Cpanic=abort"]
END
    echo '#![no_std]' >"$work/dummy/src/lib.rs"
    # Cargo offers this to nightly compilers alone; std's source is of exactly this compiler, so nothing is at risk.
    (
        cd "$work/dummy"
        RUSTFLAGS=-Cembed-bitcode=yes RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT=$(library) CARGO_TARGET_DIR=$work/target \
            cargo "$verb" "${options[@]}" --target "$target" -Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro
    )
    find "$work/target/$target/$profile/deps" -name "*.$made" ! -name 'libdummy-*' \
        -exec cp -t "$work/lib/rustlib/$target/lib" {} +
    rm -rf "$work/target" "$work/dummy"
    date -u +%FT%T.%N >"$work/made"
    mv "$work" "$sysroot"
}

# Makes the folder in which Wine keeps its Windows.
need_wine() {
    export WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" LC_ALL=C.UTF-8
    export WINEPREFIX=$kept/$(wine --version 2>/dev/null | tr -c 'a-zA-Z0-9.\n' _)
    [[ ! -e $WINEPREFIX/made ]] || return 0
    rm -rf "$WINEPREFIX"
    mkdir -p "$WINEPREFIX"
    wineboot -i
    wineserver -w
    local provider=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
    if [[ ! -e $provider ]]; then
        # Wine before 8.13 lacks the one function that Rust's std takes from there; without it no program starts.
        cat >"$WINEPREFIX/bcryptprimitives.c" <<'END'
#include <windows.h>
BOOLEAN WINAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    while (length > 0) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!SystemFunction036(data, part)) return FALSE;
        data += part;
        length -= part;
    }
    return TRUE;
}
END
        x86_64-w64-mingw32-gcc -shared -O2 -o "$provider" "$WINEPREFIX/bcryptprimitives.c" -ladvapi32
    fi
    touch "$WINEPREFIX/made"
}

need_debian() {
    # shellcheck source=tests/packages.sh
    source tests/packages.sh
    need_packages "$@" || skip "the Debian packages cannot be installed (see above): $*"
}

[[ $mode == check ]] || need_debian gcc-mingw-w64-x86-64-win32
[[ $mode != test ]] || need_debian gcc-mingw-w64-x86-64-win32 wine wine64
# Flags for the project are not for std, nor the other way round.
unset RUSTFLAGS RUSTDOCFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_ENCODED_RUSTDOCFLAGS CARGO_BUILD_TARGET CARGO_BUILD_RUSTFLAGS
need_std
[[ $mode != test ]] || need_wine
flock -u 9

export CARGO_TARGET_DIR=$PWD/target/windows
# Cargo does not see that std was made anew.
if ! cmp -s "$sysroot/made" "$CARGO_TARGET_DIR/$target/std"; then
    rm -rf "${CARGO_TARGET_DIR:?}/$target"
    mkdir -p "$CARGO_TARGET_DIR/$target"
    cp "$sysroot/made" "$CARGO_TARGET_DIR/$target/std"
fi
# Only for the target: what runs while building keeps the std that came with rustc.
export CARGO_ENCODED_RUSTFLAGS=--sysroot=$sysroot CARGO_ENCODED_RUSTDOCFLAGS=--sysroot=$sysroot
case $mode in
check) cargo clippy --locked --target "$target" --all-targets "$@" -- -D warnings ;;
build)
    cargo build --locked --target "$target" "$@"
    ;;
test)
    # Nobody debugs there, and linking without is faster.
    export CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
    # Debian's Wine has no preloader that keeps 0x7ffe0000 free, where Windows shares data with every process. The heap of
    # Wine's loader begins at a random place up to 1 GiB above 0x7d000000; once in some thousands of times it lies there, and
    # the process dies before it starts. Some containers forbid the way out; tests/start tries again there.
    if setarch -R true 2>/dev/null; then
        CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="setarch -R wine"
    fi
    # Wine's server stays from one test to the next, and a little longer; programs that start while it leaves may fail.
    wineserver -p10 </dev/null >/dev/null 2>&1 || true
    cargo test --locked --target "$target" "$@"
    ;;
esac
