#!/usr/bin/env bash
# Sourced by test.sh and demo.sh: installs what tools/packages.txt names and is not there yet.

# Prints the packages of the list that are not installed.
omb_missing_packages() {
    local list=$1 package
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$list" | while read -r package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            printf '%s\n' "$package"
    done
}

# Needs root for installing only; without it sudo, or the one line to run and exit 1.
omb_install_packages() {
    local list=$1 missing as_root=()
    mapfile -t missing < <(omb_missing_packages "$list")
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            as_root=(sudo)
        else
            printf 'These packages are missing. As root, run:\n    apt-get install -y %s\n' \
                "${missing[*]}" >&2
            return 1
        fi
    fi
    printf 'installing: %s\n' "${missing[*]}"
    # Another installation may hold apt's lock: wait for it instead of failing.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
        -qq update </dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
        -qq -y --no-install-recommends install "${missing[@]}" </dev/null >/dev/null
}

# Configures (once) and builds one preset of CMakePresets.json.
omb_build() {
    local preset=$1
    cmake --preset "$preset" >"build-$preset.log" 2>&1 ||
        { cat "build-$preset.log" >&2; rm -f "build-$preset.log"; return 1; }
    rm -f "build-$preset.log"
    cmake --build --preset "$preset" -- --quiet
}
