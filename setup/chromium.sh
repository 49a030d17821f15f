#!/usr/bin/env bash
# A browser for the tests of pages. One that is there is taken; else apt installs one, where this may. Without one the tests of
# pages are skipped, and say so.
set -euo pipefail

skip() {
    printf 'setup/chromium.sh: no browser: %s; the tests of pages will be skipped (CHROMIUM=PATH names one)\n' "$1" >&2
    exit 0
}

[[ -z ${CHROMIUM:-} ]] || exit 0
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    command -v "$name" >/dev/null && exit 0
done

command -v apt-get >/dev/null || skip "apt-get is not installed"
as_root=()
if [[ $(id -u) != 0 ]]; then
    sudo -n true 2>/dev/null || skip "to install it needs root, or sudo without a password"
    as_root=(sudo -n)
fi
echo "setup/chromium.sh: installing chromium with apt" >&2
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null
}
apt install -y --no-install-recommends chromium || { apt update && apt install -y --no-install-recommends chromium; } ||
    skip "apt-get could not install chromium (its message is above)"
