# SPDX-License-Identifier: MIT
# What the scripts in this folder share; sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.build/tools
# A kubectl that setup.sh fetched, and the toolchain where it usually lies.
export PATH="$PATH:$tools/bin:/opt/swift/usr/bin"

say() { printf '%s\n' "$*" >&2; }

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

usage_error() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 2
}

# Runs a command as root: directly, or by sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root for: $* (run as root, or install sudo)"
    fi
}

# with_progress TEXT LOG COMMAND...: runs a command with its output in a file and shows that it goes on.
# With $verbose set, the output is shown instead.
with_progress() {
    local text=$1 log=$2 started=$SECONDS pid status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    if [ -n "${verbose:-}" ]; then
        say "$text"
        "$@" 2>&1 | tee "$log" >&2
        return "${PIPESTATUS[0]}"
    fi
    "$@" >"$log" 2>&1 &
    pid=$!
    printf '%s' "$text" >&2
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if [ $((SECONDS - started)) -ge "${next_dot:-2}" ]; then
            printf '.' >&2
            next_dot=$((SECONDS - started + 2))
        fi
    done
    next_dot=
    wait "$pid" || status=$?
    if [ $status -eq 0 ]; then
        printf ' %ds\n' $((SECONDS - started)) >&2
    else
        printf ' failed after %ds; from %s:\n' $((SECONDS - started)) "$log" >&2
        grep -E 'error:|✘|Fatal error|unexpected signal' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
    fi
    return $status
}
