#!/usr/bin/env bash
# Runs a command in a virtual screen with software OpenGL, where there is none or to leave it alone:
#   tools/virtual_screen.sh [--size 1600x1000] COMMAND...
# tools/setup_screen.sh --virtual installs what it needs.
set -euo pipefail

size=1600x1000
if [ "${1:-}" = --size ]; then
    size=$2
    shift 2
fi
if ! command -v Xvfb >/dev/null; then
    echo "There is no Xvfb here; tools/setup_screen.sh --virtual installs it." >&2
    exit 2
fi
exec {announced}<> <(:)
Xvfb -displayfd "$announced" -screen 0 "${size}x24" -nolisten tcp +extension GLX 2>/dev/null &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
if ! read -r -t 30 -u "$announced" number; then
    echo "Xvfb did not start." >&2
    exit 1
fi
unset WAYLAND_DISPLAY
export DISPLAY=":$number" QT_QPA_PLATFORM=xcb LIBGL_ALWAYS_SOFTWARE=1 SKYRMLIVE_VIRTUAL_SCREEN=1
"$@"
