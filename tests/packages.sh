# Sourced by scripts that need Debian packages.
#
# need_packages PACKAGE...   installs what is missing, or names it with the command to run and fails

need_packages() {
    local package missing=()
    for package in "$@"; do
        if [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" != installed ]]; then
            missing+=("$package")
        fi
    done
    if ((${#missing[@]} == 0)); then
        echo "packages: installed already: $*"
        return
    fi

    local as_root=()
    if ((EUID != 0)); then
        if ! sudo -n true 2>/dev/null; then
            echo "packages: missing: ${missing[*]}" >&2
            echo "packages: run this as root, then start again:" >&2
            echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo -n)
    fi
    echo "packages: installing ${missing[*]}"
    # In a subshell, so that its trap puts policy-rc.d back whatever happens and leaves the caller's traps alone.
    (
        # The packages must not start their daemons: the tests start their own, and nothing may stay behind on port 53.
        policy=/usr/sbin/policy-rc.d
        kept=$(mktemp -d)
        if [[ -e $policy ]]; then "${as_root[@]}" cp -a "$policy" "$kept/policy-rc.d"; fi
        restore() {
            if [[ -e $kept/policy-rc.d ]]; then
                "${as_root[@]}" cp -a "$kept/policy-rc.d" "$policy"
            else
                "${as_root[@]}" rm -f "$policy"
            fi
            "${as_root[@]}" rm -rf "$kept"
        }
        trap restore EXIT
        printf '#!/bin/sh\nexit 101\n' >"$kept/none"
        "${as_root[@]}" install -m 755 "$kept/none" "$policy"
        "${as_root[@]}" apt-get -q update
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"
    )
}
