# For the scripts here and in tests/: make_venv FOLDER
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
