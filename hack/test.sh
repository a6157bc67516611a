#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a bare checkout to a green suite: installs what is missing, builds, runs the tests in parallel.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

filter=()
verbose=
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        cat <<'TEXT'
usage: hack/test.sh [--filter NAME] [--verbose]

  --filter NAME   only tests whose full name contains NAME (a regular expression, as for swift test)
  --verbose       show the output of building and testing, which is otherwise in .build/logs
With KUBEBUILDER_ASSETS set to a folder with etcd and kube-apiserver, the Kubernetes behaviour suite runs against those.
TEXT
        exit 0
        ;;
    --filter)
        [ $# -ge 2 ] || usage_error "--filter expects a name"
        filter=(--filter "$2")
        shift
        ;;
    --filter=*) filter=(--filter "${1#*=}") ;;
    --verbose) verbose=1 ;;
    *) usage_error "unknown argument '$1'; expected --filter NAME or --verbose" ;;
    esac
    shift
done

"$root/hack/setup.sh" --quiet
cd "$root"
logs=$root/.build/logs
with_progress "test: building" "$logs/test-build.log" swift build --build-tests
status=0
# Many tests wait for real processes with deadlines of their own; a few at a time keep those honest on two cores.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-4}
with_progress "test: running" "$logs/test.log" swift test --skip-build --parallel "${filter[@]}" || status=$?

# Swift Testing's closing line; it counts what ran, so a suite that ran nothing is no success.
summary=$(grep -E '(✔|✘|◇)? ?Test run with [0-9]+ tests?' "$logs/test.log" | tail -n 1 || true)
printf '%s\n' "${summary:-no tests were run}"
if [ $status -eq 0 ] && [[ ! $summary =~ with\ [1-9] ]]; then status=1; fi
exit $status
