#!/usr/bin/env bash
# Everything a fresh machine needs before `cargo build`, kept inside this checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
usage: ./bootstrap.sh VERB

  demo    set up, then run experiments/demo.toml
  test    set up, with a browser where apt can install one, then run every test; the last line counts them
  setup   only set up: libtorch (CPU) and just, into third_party/
  gpu     set up, and fetch the CUDA libraries too (2.5 GB to download, 3 GB to keep)

Needs Linux on x86-64, Rust (https://rustup.rs), Python 3.8 or newer and a C++ compiler.
Repeating a verb is quick, and goes on where an interrupted download stopped.

  PIP_INDEX_URL=URL      take the Python wheels from this package index (else: the one pip uses)
  HOURGLASS_WHEELS=DIR   take them from this folder where it holds them: for machines without a network;
                         setup/pins.json names the files
TEXT
}

fail() {
    printf 'bootstrap.sh: %s\n' "$1" >&2
    exit 1
}

check_machine() {
    local machine glibc
    machine="$(uname -s) $(uname -m)"
    [[ $machine == "Linux x86_64" ]] ||
        fail "this machine is '$machine'; the pinned libtorch is for 'Linux x86_64' (elsewhere: a container or virtual machine)"
    glibc="$(getconf GNU_LIBC_VERSION 2>/dev/null || echo none)"
    [[ $glibc == "glibc "* && $(printf '%s\n' 2.28 "${glibc#glibc }" | sort -V | head -n 1) == 2.28 ]] ||
        fail "the C library is '$glibc'; libtorch needs glibc 2.28 or newer (Debian 10, Ubuntu 20.04 or later)"
}

check_tools() {
    command -v cargo >/dev/null || PATH="${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH"
    command -v cargo >/dev/null ||
        fail "cargo is not installed; install Rust from https://rustup.rs and open a new shell"
    cargo --version >/dev/null ||
        fail "cargo does not start (its message is above); 'rustup toolchain install' fetches the toolchain that rust-toolchain.toml names"
    command -v python3 >/dev/null ||
        fail "python3 is not installed; install Python 3.8 or newer (Debian, Ubuntu: apt install python3)"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' ||
        fail "$(python3 --version) is too old; install Python 3.8 or newer"
    local compiler="${CXX:-c++}" tool
    for tool in "${compiler%% *}" cc; do
        command -v "$tool" >/dev/null ||
            fail "'$tool' is not installed; install a C++ compiler (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++)"
    done
}

# Arguments: the groups of setup/pins.json to fetch.
set_up() {
    check_machine
    check_tools
    python3 -B setup/fetch.py "$@"
}

demo() {
    cargo build -p hourglass
    cargo run --quiet -p hourglass -- run experiments/demo.toml
    command -v just >/dev/null ||
        echo "next: third_party/bin/just lists what else there is (or put third_party/bin on your PATH)"
}

# Sums the `test result:` lines, which setup/test_fetch.py ends with too. A test program that does not build or
# crashes has no such line; it counts as one failure.
count_tests() {
    awk -v broken="$2" '
        /^test result:/ { passed += $4; failed += $6 }
        END {
            if (broken && !failed) failed = 1
            printf "%d passed, %d failed\n", passed, failed
            exit failed > 0
        }' "$1"
}

run_tests() {
    local log=third_party/test.log broken=0
    setup/chromium.sh
    python3 -B setup/test_fetch.py 2>&1 | tee "$log" || broken=1
    cargo test --workspace --no-fail-fast 2>&1 | tee -a "$log" || broken=1
    count_tests "$log" "$broken"
}

[[ $# -le 1 ]] || fail "one verb at a time, got '$*'; see ./bootstrap.sh --help"
case "${1:---help}" in
    demo) set_up cpu just && demo ;;
    test) set_up cpu just && python3 -B setup/trackers.py && run_tests ;;
    setup) set_up cpu just ;;
    gpu) set_up cpu just gpu ;;
    -h | --help | help) usage ;;
    *) fail "'$1' is not a verb; accepted are demo, test, setup, gpu (see ./bootstrap.sh --help)" ;;
esac
