# Sourced by the setup scripts: installs system packages where that is allowed, names them where not.

# install_packages PURPOSE PACKAGE...
install_packages() {
    local purpose=$1
    shift
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        echo "skyrmlive: please install for $purpose (Debian names): $*" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "skyrmlive: please install for $purpose: sudo apt-get install $*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "== installing system packages for $purpose: $*"
    local log
    log=$(mktemp)
    # The first attempt uses the lists at hand; a bare container has none, an old one stale ones.
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends --no-upgrade "$@" >"$log" 2>&1; then
        if ! {
            "${as_root[@]}" apt-get update &&
                "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                    apt-get install -y --no-install-recommends --no-upgrade "$@"
        } >"$log" 2>&1; then
            tail -n 20 "$log" >&2
            echo "skyrmlive: could not install for $purpose: $*" >&2
            rm -f "$log"
            return 1
        fi
    fi
    rm -f "$log"
}
