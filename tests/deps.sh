#!/usr/bin/env bash
# Installs what the tests need beside Python: a browser, PostgreSQL, an S3 server, a WordPress, a screen, an OpenID
# provider, a checker of accessibility.
# Where it cannot (not root, not Debian) it names what is missing; tests that need it then skip themselves.
set -euo pipefail

packages=(
    chromium fonts-dejavu-core fonts-noto-color-emoji
    postgresql
    ceph-mon ceph-osd radosgw
    mariadb-server wordpress wordpress-theme-twentytwentythree
    php-cli php-curl php-gd php-mbstring php-mysql php-xml
    xvfb x11-apps imagemagick python3-gi gir1.2-webkit2-4.1 python3-venv
)

# Node may have come from elsewhere than Debian.
command -v npm >/dev/null || packages+=(nodejs npm)

install_packages() {
    if ! command -v dpkg-query >/dev/null; then
        echo "Not a Debian system; tests that need one of these skip themselves: ${packages[*]}"
        return 0
    fi

    local missing=() log
    for package in "${packages[@]}"; do
        # The shown format is dpkg's, not the shell's.
        # shellcheck disable=SC2016
        if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true) != installed ]]; then
            missing+=("$package")
        fi
    done
    ((${#missing[@]})) || return 0

    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        echo "Not installed; tests that need them skip themselves: ${missing[*]}"
        return 0
    fi

    echo "Installing for the tests: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # The lock is waited for: another installation may be running.
    if ! { apt-get update -q -o DPkg::Lock::Timeout=500 &&
        apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=500 "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# The same browser without the parts around its pages: a test costs a quarter less with it, and none needs it.
install_lighter_browser() {
    local package=chromium-headless-shell
    if ((EUID != 0)) || ! command -v apt-get >/dev/null || [[ -e /usr/bin/$package ]]; then
        return 0
    fi
    local gently=(-q -o DPkg::Lock::Timeout=500 -o Acquire::Retries=0 -o Acquire::http::Timeout=20)
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get install "${gently[@]}" -y --no-install-recommends "$package" ||
        { apt-get update "${gently[@]}" && apt-get install "${gently[@]}" -y --no-install-recommends "$package"; }; } \
        >/dev/null 2>&1; then
        echo "Not installed: $package; the tests take the whole browser"
    fi
}

# Into a folder named after the lock, so that another lock gets another folder. The tests look there.
install_from_npm() {
    local source=$1 name=$2 what=$3 folder
    folder=${XDG_CACHE_HOME:-$HOME/.cache}/socialclaw-tests/$name-$(sha256sum <"$source/package-lock.json" | cut -c 1-12)
    if [[ -e $folder/complete ]]; then
        return 0
    fi
    if ! command -v npm >/dev/null; then
        echo "Not installed: npm; tests that need $what skip themselves"
        return 0
    fi
    echo "Installing for the tests: $what"
    mkdir -p "$folder"
    cp "$source/package.json" "$source/package-lock.json" "$folder"
    if ! npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts --loglevel=error; then
        echo "Not installed: $what; tests that need it skip themselves"
        return 0
    fi
    touch "$folder/complete"
}

here=$(dirname "${BASH_SOURCE[0]}")
install_packages
install_lighter_browser
install_from_npm "$here/servers/oidc" oidc "an OpenID provider"
install_from_npm "$here/e2e/axe" axe "a checker of accessibility"
