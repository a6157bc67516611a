#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests of the runtime under the thread sanitizer.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

suites=SanitizerTests,ServiceRuntimeTests,HTTPTransportTests,KubernetesClientTests,ControllerRuntimeTests
filter=()
verbose=
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        cat <<'TEXT'
usage: hack/sanitize.sh [--faults] [--filter NAME] [--verbose]

Builds the tests of ServiceRuntime, HTTPTransport, KubernetesClient and ControllerRuntime with the thread sanitizer into
.build-tsan, sees first that a seeded race is reported, then runs them.

  --faults        the fault tests as well
  --filter NAME   only tests whose full name contains NAME (a regular expression, as for swift test)
  --verbose       show the output of building and testing
Races and crashes make this fail. A test that fails without either is named and left to hack/test.sh: deadlines are for a
program that is not ten times slower. Reports of races are in .build/logs/sanitize-race.*.
TEXT
        exit 0
        ;;
    --filter)
        [ $# -ge 2 ] || usage_error "--filter expects a name"
        filter=(--filter "$2")
        shift
        ;;
    --faults) suites=$suites,FaultTests ;;
    --verbose) verbose=1 ;;
    *) usage_error "unknown argument '$1'; expected --faults, --filter NAME or --verbose" ;;
    esac
    shift
done

"$root/hack/setup.sh" --quiet
cd "$root"
logs=$root/.build/logs
mkdir -p "$logs"
export CODEXK8S_SANITIZE=$suites
with_progress "sanitize: building" "$logs/sanitize-build.log" swift build --scratch-path .build-tsan --sanitize thread \
    --build-tests

# Swift's own report of a crash is no help here and cannot be made under the sanitizer.
export SWIFT_BACKTRACE=enable=no
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-4}
reports=$logs/sanitize-race

# tests ARGUMENT...: runs tests with the sanitizer's reports in files of their own, one a process.
tests() {
    rm -f "$reports".*
    TSAN_OPTIONS="log_path=$reports history_size=4" \
        swift test --scratch-path .build-tsan --sanitize thread --skip-build --parallel "$@"
}

if CODEXK8S_SEEDED_RACE=1 tests --filter 'memory that nothing orders is reported' >"$logs/sanitize-seeded.log" 2>&1 ||
    ! grep -qs 'ThreadSanitizer: data race' "$reports".*; then
    die "a seeded race was not reported, so that a clean run would prove nothing; see $logs/sanitize-seeded.log"
fi

with_progress "sanitize: running" "$logs/sanitize.log" tests "${filter[@]}" || true
summary=$(grep -aE 'Test run with [0-9]+ tests?' "$logs/sanitize.log" | tail -n 1 || true)
printf '%s\n' "${summary:-the tests did not come to their end; see $logs/sanitize.log}"

status=0
# Without its closing line the run crashed, or ran nothing.
[[ $summary =~ with\ [1-9] ]] || status=1
if compgen -G "$reports.*" >/dev/null; then
    say "sanitize: $(cat "$reports".* | grep -c '^WARNING: ThreadSanitizer') reports; the first of each kind:"
    cat "$reports".* | grep '^SUMMARY: ThreadSanitizer' | sort | uniq -c | sort -rn | head -n 20 | cut -c 1-250 >&2 || true
    say "sanitize: with their stacks in $reports.*"
    status=1
fi
exit $status
