#!/usr/bin/env bash
# Creates .venv/eiger with a simulated DECTRIS detector (tickit-devices), for the tests.
#
#   tools/setup_simulated_eiger.sh
#
# It needs an older cbor2 than we may have, hence an environment of its own, and Python 3.11; with an
# older one nothing is made, and the test is skipped. PYTHON names another interpreter than python3.
# When it is there already, it returns at once.
set -euo pipefail
# shellcheck source=tools/system_packages.sh
source "$(dirname "$0")/system_packages.sh"

cd "$(dirname "$0")/.."
directory=.venv/eiger
python=${PYTHON:-python3}
packages=("tickit-devices==0.4.1" "cbor2>=5.6,<6")

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "== no simulated detector: it needs Python 3.11 or later" >&2
    exit 0
fi

stamp=$directory/.stamp
wanted=$(echo "${packages[*]} $("$python" -c 'import sys; print(sys.version)')" | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    # Debian and Ubuntu split venv off, one package for each minor version of Python.
    install_packages "virtual environments" \
        "$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
fi

echo "== setting up $directory, a simulated detector"
mkdir -p .venv
log=$directory.log
if ! {
    "$python" -m venv --clear "$directory" &&
        "$directory/bin/python" -m pip install --disable-pip-version-check "${packages[@]}"
} >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "skyrmlive: setting up $directory failed; the whole output is in $log" >&2
    exit 1
fi
echo "$wanted" >"$stamp"
