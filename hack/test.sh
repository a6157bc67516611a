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
With KUBEBUILDER_ASSETS set to a folder with etcd and kube-apiserver, the Kubernetes behaviour suite and the tests of
failure modes run against those; FAULT_SIZE=full makes the latter as large as where the failures were met.
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
results=$logs/test-results
rm -f "$results"*
with_progress "test: running" "$logs/test.log" \
    swift test --skip-build --parallel --xunit-output "$results.xml" "${filter[@]}" || status=$?

# Swift Testing's closing line; it counts what ran, so a suite that ran nothing is no success.
summary=$(grep -aE '(✔|✘|◇)? ?Test run with [0-9]+ tests?' "$logs/test.log" | tail -n 1 || true)
printf '%s\n' "${summary:-no tests were run}"
if [ $status -eq 0 ] && [[ ! $summary =~ with\ [1-9] ]]; then status=1; fi

# failed_tests REPORT...: for each test that failed, a pattern that finds it, with a dot for all that is no letter or digit.
failed_tests() {
    grep -hB 1 '<failure' "$@" | sed -nE 's/.*classname="([^"]*)" name="([^"]*)".*/\1.\2/p' |
        LC_ALL=C.UTF-8 sed -E 's/&[a-z0-9#]+;/./g; s/[^A-Za-z0-9]/./g; s/^/^/' | sort -u
}

# A machine that stands still for seconds breaks deadlines. So a few tests that failed get a second look, one at a time,
# and are named either way; many failures, or a run that did not come to its end, speak for themselves.
if [ $status -ne 0 ] && [[ $summary =~ with\ [1-9] ]]; then
    mapfile -t failed < <(failed_tests "$results"*.xml)
    if [ ${#failed[@]} -ge 1 ] && [ ${#failed[@]} -le 5 ]; then
        status=0
        for name in "${failed[@]}"; do
            with_progress "test: once more, alone: $name" "$logs/test-again.log" \
                swift test --skip-build --no-parallel --filter "$name" || status=1
            grep -aqE 'Test run with [1-9]' "$logs/test-again.log" || status=1
        done
        [ $status -ne 0 ] || say "test: ${#failed[@]} failed beside others and passed alone: look at them"
    fi
fi
exit $status
