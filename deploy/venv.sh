# shellcheck shell=sh
# Functions for the scripts here, in .ci/ and in tests/, which run them in the project's folder.

# fail MESSAGE: print one sentence and end.
fail() {
    echo "$1" >&2
    exit 1
}

# find_python: set $python to Python 3.11 or newer, or say what to do.
find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
    done
    if found=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null); then
        fail "mqttcam needs Python 3.11 or newer, and python3 is $found: use Debian 12, Raspberry Pi OS Bookworm, Ubuntu 24.04 or newer, or install a newer Python beside it."
    fi
    fail "mqttcam needs Python 3.11 or newer, and there is no python3: on Debian, Raspberry Pi OS and Ubuntu, install it with 'apt-get install python3 python3-venv' as root."
}

# make_venv FOLDER: a virtual environment with pip. Kept as it is if it works, made again if it does not or is too old.
make_venv() {
    find_python
    if "$1/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        [ -w "$1" ] || fail "$1 belongs to another user: remove it, or copy this folder to one of your own."
        return
    fi
    [ -w "$(dirname "$1")" ] || fail "This folder ($PWD) cannot be written by $(id -un): copy it to one of your own."
    "$python" -c 'import ensurepip' 2>/dev/null || install_ensurepip
    if [ -e "$1" ]; then echo "Making $1 again: it does not work with this Python."; fi
    "$python" -m venv --clear "$1"
}

# install_ensurepip: Debian and Ubuntu keep what `venv` needs in a package of its own.
install_ensurepip() {
    package=$python-venv
    command -v apt-get >/dev/null ||
        fail "Python's modules venv and ensurepip are missing: install them with this system's package manager."
    if [ "$(id -u)" = 0 ]; then
        sudo=
    elif command -v sudo >/dev/null; then
        sudo=sudo
    else
        fail "The package $package is missing: run 'apt-get install $package' as root, then start this again."
    fi
    echo "The package $package is missing: installing it (${sudo:+$sudo }apt-get install $package)."
    # shellcheck disable=SC2086 # no word at all where the user is root
    { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null; } ||
        fail "The package $package could not be installed: see above, install it as root, then start this again."
}

# install_locked FOLDER ARGUMENT...: `pip install ARGUMENT...` into an environment, in the versions of .ci/constraints.txt.
# Those exist as wheels for x86-64 and aarch64. Another processor or a newer Python gets what pyproject.toml allows; CI fails.
# pip's messages go to FOLDER/pip.log; the sentence after a failure names it.
install_locked() {
    folder=$1
    shift
    # A URL, because pip takes a space for the end of a path, and because builds run pip in folders of their own.
    constraints=$("$folder/bin/python" -c 'import pathlib; print(pathlib.Path(".ci/constraints.txt").resolve().as_uri())')
    # The second variable is for pip 25.3 and newer, which builds without the first.
    PIP_CONSTRAINT=$constraints PIP_BUILD_CONSTRAINT=$constraints \
        "$folder/bin/python" -m pip install --quiet "$@" 2>"$folder/pip.log" && return
    if [ "${CI:-}" = true ]; then
        cat "$folder/pip.log" >&2
        return 1
    fi
    # Another choice of versions helps only where the index answers.
    "$folder/bin/python" -m pip index versions hatchling >/dev/null 2>&1 ||
        fail "The packages that mqttcam needs could not be downloaded, because this machine does not reach the package index (PyPI): connect it to the internet and start this again. pip's messages are in $folder/pip.log."
    echo "The tested versions cannot be installed here; installing the newest ones instead."
    "$folder/bin/python" -m pip install --quiet "$@" 2>"$folder/pip.log" ||
        fail "The packages that mqttcam needs could not be installed ($(grep -E '^(ERROR|error):' "$folder/pip.log" | tail -n 1)): pip's messages in $folder/pip.log say why."
}

# install_once FOLDER EXTRAS: install this folder, editable, unless that was done already with the same requirements.
install_once() {
    wanted="$2 $(cat pyproject.toml .ci/constraints.txt | cksum)"
    if [ "$(cat "$1/installed" 2>/dev/null)" = "$wanted" ]; then return; fi
    echo "Installing mqttcam into $PWD/$1 (about a minute the first time)."
    install_locked "$1" --editable ".[$2]"
    echo "$wanted" >"$1/installed"
}
