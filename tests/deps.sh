#!/usr/bin/env bash
# Installs what the tests need beside Python: a browser, PostgreSQL, an S3 server, a WordPress, a screen.
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

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system; tests that need one of these skip themselves: ${packages[*]}"
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    # The shown format is dpkg's, not the shell's.
    # shellcheck disable=SC2016
    if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true) != installed ]]; then
        missing+=("$package")
    fi
done
((${#missing[@]})) || exit 0

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    echo "Not installed; tests that need them skip themselves: ${missing[*]}"
    exit 0
fi

echo "Installing for the tests: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The lock is waited for: another installation may be running.
if ! { apt-get update -q -o DPkg::Lock::Timeout=500 &&
    apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=500 "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    exit 1
fi
