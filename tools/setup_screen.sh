#!/usr/bin/env bash
# Installs what Qt and OpenGL need on Linux: for a window, and with --virtual also Xvfb for tests.
# Prints nothing and takes a moment when everything is there.
set -euo pipefail
# shellcheck source=tools/system_packages.sh
source "$(dirname "$0")/system_packages.sh"

[ "$(uname -s)" = Linux ] || exit 0

# Shared libraries that the Qt wheel, its xcb plugin and vispy load, and the packages they come in
# (Debian 12, Ubuntu 22.04 and later). Looked up by library name, because Ubuntu 24.04 renamed some packages.
declare -A package_of=(
    [libEGL.so.1]=libegl1
    [libGL.so.1]=libgl1
    [libOpenGL.so.0]=libopengl0
    [libdbus-1.so.3]=libdbus-1-3
    [libfontconfig.so.1]=libfontconfig1
    [libfreetype.so.6]=libfreetype6
    [libglib-2.0.so.0]=libglib2.0-0
    [libX11.so.6]=libx11-6
    [libX11-xcb.so.1]=libx11-xcb1
    [libxkbcommon.so.0]=libxkbcommon0
    [libxkbcommon-x11.so.0]=libxkbcommon-x11-0
    [libxcb-cursor.so.0]=libxcb-cursor0
    [libxcb-glx.so.0]=libxcb-glx0
    [libxcb-icccm.so.4]=libxcb-icccm4
    [libxcb-image.so.0]=libxcb-image0
    [libxcb-keysyms.so.1]=libxcb-keysyms1
    [libxcb-randr.so.0]=libxcb-randr0
    [libxcb-render-util.so.0]=libxcb-render-util0
    [libxcb-shape.so.0]=libxcb-shape0
    [libxcb-shm.so.0]=libxcb-shm0
    [libxcb-sync.so.1]=libxcb-sync1
    [libxcb-util.so.1]=libxcb-util1
    [libxcb-xfixes.so.0]=libxcb-xfixes0
    [libxcb-xkb.so.1]=libxcb-xkb1
)

known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
missing=()
for library in "${!package_of[@]}"; do
    [[ $known == *"$library"* ]] || missing+=("${package_of[$library]}")
done
# Software rendering, and at least one font, are files that no loader knows of.
compgen -G "/usr/lib/*/dri/*.so" >/dev/null || compgen -G "/usr/lib*/dri/*.so" >/dev/null ||
    missing+=(libgl1-mesa-dri)
[ -d /usr/share/fonts ] && [ -n "$(find /usr/share/fonts -name '*.ttf' -print -quit)" ] ||
    missing+=(fonts-dejavu-core)
if [ "${1:-}" = --virtual ]; then
    command -v Xvfb >/dev/null || missing+=(xvfb)
fi

if [ ${#missing[@]} -gt 0 ]; then
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort)
    install_packages "the napari window" "${missing[@]}"
fi
