# shellcheck shell=sh
# Functions for the scripts here, in .ci/ and in tests/, which run them in the project's folder.

# make_venv FOLDER: a virtual environment with pip. Kept as it is if it exists.
make_venv() {
    if [ ! -x "$1/bin/pip" ]; then
        # Debian keeps what `venv` needs in a package of its own.
        if ! python3 -c 'import ensurepip' 2>/dev/null; then
            if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
            $sudo apt-get update -qq
            $sudo apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        fi
        python3 -m venv "$1"
    fi
}

# install_locked FOLDER ARGUMENT...: `pip install ARGUMENT...` into an environment, in the versions of .ci/constraints.txt.
# Those exist as wheels for x86-64 and aarch64. Another processor or a newer Python gets what pyproject.toml allows; CI fails.
install_locked() {
    folder=$1
    shift
    # The second variable is for pip 25.3 and newer, which builds without the first.
    PIP_CONSTRAINT=.ci/constraints.txt PIP_BUILD_CONSTRAINT=.ci/constraints.txt "$folder/bin/pip" install --quiet "$@" && return
    [ "${CI:-}" != true ] || return 1
    echo "The tested versions cannot be installed here; installing the newest ones instead."
    "$folder/bin/pip" install --quiet "$@"
}
