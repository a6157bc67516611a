#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures the operator beside the limit of the server that it works with; docs/benchmarks.md says what the figures mean.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

arguments=()
verbose=
build=1
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        cat <<'TEXT'
usage: hack/bench.sh [--json] [--workload NAME,…] [--objects N] [--rounds N] [--peer COMMAND] [--no-build] [--verbose]

Builds for release with the Swift runtime inside, starts what is needed, runs the workloads and prints what was measured,
the bar, and whether it was met. The server is the embedded cluster in a process of its own; with KUBEBUILDER_ASSETS it is
the etcd and kube-apiserver of that folder (and the kube-controller-manager, where it is there).

  --json           one line of JSON a workload instead of the table
  --workload NAME  only these, separated by commas: fanout, fanout_cpu, single, coldsync, coldsync_rss, idle, edge,
                   edge_ignored, audit, startup
  --objects N      objects of fanout, 300 by default; the other workloads shrink or grow with it (20 takes less than a
                   minute after building)
  --rounds N       rounds of fanout, of which the median counts
  --peer COMMAND   another operator instead of ours, started by `sh -c`; it finds KUBECONFIG, BENCH_NAMESPACE and
                   BENCH_PORT in its environment (docs/benchmarks.md has the whole contract)
  --no-build       measure what was built before
  --verbose        show the output of building

Ends with 0 when everything was measured, whether or not bars were met; 1 when a run broke; 2 when wrongly called.
Progress goes to standard error, figures to standard output.
TEXT
        exit 0
        ;;
    --json) arguments+=(--json) ;;
    --no-build) build= ;;
    --verbose) verbose=1 ;;
    --workload | --objects | --rounds | --peer)
        [ $# -ge 2 ] || usage_error "$1 needs a value"
        arguments+=("$1" "$2")
        shift
        ;;
    --workload=* | --objects=* | --rounds=* | --peer=*) arguments+=("${1%%=*}" "${1#*=}") ;;
    *) usage_error "unknown argument '$1'; see hack/bench.sh --help" ;;
    esac
    shift
done

cd "$root"
scratch=$root/.build-bench
binaries=$scratch/release
if [ -n "$build" ]; then
    "$root/hack/setup.sh" --quiet
    # Products one by one: only what is named is linked.
    for product in codex-k8s codex-k8s-edge codex-k8s-bench; do
        with_progress "bench: building $product (release)" "$scratch/$product.log" \
            swift build -c release --static-swift-stdlib --product "$product" --scratch-path "$scratch"
    done
fi
[ -x "$binaries/codex-k8s-bench" ] || die "nothing is built in $scratch; run without --no-build"
exec "$binaries/codex-k8s-bench" run --binaries "$binaries" --resources "$root" "${arguments[@]}"
