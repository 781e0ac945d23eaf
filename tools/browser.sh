#!/usr/bin/env bash
# Sees to it that there is a Chromium for the tests that look at a report as a person would.
# ESSC_CHROMIUM names one; else one on the path is taken; else Debian's is installed, as root.
set -euo pipefail

if [[ -n "${ESSC_CHROMIUM:-}" ]]; then
    [[ -x "$ESSC_CHROMIUM" ]] && exit
    echo "browser: ESSC_CHROMIUM names no program: $ESSC_CHROMIUM" >&2
    exit 1
fi
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit
done
if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "browser: no Chromium was found; install one, or name it in ESSC_CHROMIUM" >&2
    exit 1
fi
echo "browser: installing Chromium and a font with Chinese characters"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk; } >"$log" 2>&1; then
    tail -5 "$log" >&2
    echo "browser: Chromium could not be installed (see $log)" >&2
    exit 1
fi
rm -f "$log"
