#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Feeds the parsers of foreign input what libFuzzer thinks of, beginning with the kept corpus.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

parsers=(json yaml watch kubeconfig)
seconds=60
input=
verbose=
targets=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        cat <<'TEXT'
usage: hack/fuzz.sh [--seconds N] [--verbose] [TARGET...]
       hack/fuzz.sh --input FILE TARGET

Builds the fuzzers into .build-fuzz and runs them, two at a time: json, yaml, watch, kubeconfig, or those named.

  --seconds N    how long each runs; 60 when not said
  --input FILE   only feeds this input to the parser, and shows what happens
  --verbose      show the output of building
What breaks a parser is made smaller and left in .build/logs/fuzz; inputs that were worth keeping are in
.build-fuzz/corpus. Logs are .build/logs/fuzz-TARGET.log.
TEXT
        exit 0
        ;;
    --seconds | --input)
        [ $# -ge 2 ] || usage_error "$1 expects a value"
        if [ "$1" = --seconds ]; then seconds=$2; else input=$2; fi
        shift
        ;;
    --verbose) verbose=1 ;;
    -*) usage_error "unknown argument '$1'; expected --seconds N, --input FILE, --verbose or a target" ;;
    *)
        [[ " ${parsers[*]} " == *" $1 "* ]] || usage_error "unknown target '$1'; there are: ${parsers[*]}"
        targets+=("$1")
        ;;
    esac
    shift
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || usage_error "--seconds expects a whole number above zero, not '$seconds'"
[ ${#targets[@]} -gt 0 ] || targets=("${parsers[@]}")
if [ -n "$input" ]; then
    [ -r "$input" ] || usage_error "cannot read '$input'"
    [ ${#targets[@]} -eq 1 ] || usage_error "--input FILE expects one target"
    input=$(realpath "$input")
fi

"$root/hack/setup.sh" --quiet
cd "$root"
logs=$root/.build/logs
found=$logs/fuzz
mkdir -p "$found"
# The compiler heeds the last -sanitize alone, and `swift build` orders its own differently each time; --sanitize stays
# because it leaves out the main function that libFuzzer brings.
CODEXK8S_FUZZ=1 with_progress "fuzz: building" "$logs/fuzz-build.log" swift build --scratch-path .build-fuzz \
    -c release --sanitize fuzzer -Xswiftc -sanitize=address,fuzzer --disable-dead-strip --product ParserFuzzer
program=$root/.build-fuzz/release/ParserFuzzer

# Swift's own report of a crash reads memory that the address sanitizer guards.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=0
limits=(-timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=64 -max_len=4096)

# fuzzer TARGET ARGUMENT...: the fuzzer of a parser, ended from outside should it not end itself.
fuzzer() {
    local target=$1
    shift
    CODEXK8S_FUZZ_TARGET=$target timeout -k 5 $((seconds + 120)) "$program" "${limits[@]}" "$@"
}

if [ -n "$input" ]; then
    fuzzer "${targets[0]}" "$input"
    exit
fi

run() {
    local target=$1 log=$logs/fuzz-$1.log work=.build-fuzz/corpus/$1
    mkdir -p "$work"
    fuzzer "$target" -max_total_time="$seconds" -dict="Tests/Corpus/$target.dict" -print_final_stats=1 \
        -artifact_prefix="$found/$target-" "$work" "Tests/Corpus/$target" >"$log" 2>&1
}

# explain TARGET: what went wrong, with which input, and how to see it again.
explain() {
    local target=$1 log=$logs/fuzz-$1.log artifact smallest
    say "fuzz: $target failed; from $log:"
    grep -aE 'Fatal error|ERROR: |SUMMARY|ALARM|out-of-memory|timeout' "$log" | head -n 6 | cut -c 1-400 >&2 || true
    artifact=$(grep -aoE 'Test unit written to .*' "$log" | tail -n 1 | sed 's/^Test unit written to //')
    if [ ! -s "$artifact" ]; then
        tail -n 5 "$log" | cut -c 1-400 >&2
        return
    fi
    smallest=$artifact.min
    fuzzer "$target" -minimize_crash=1 -max_total_time=20 -exact_artifact_path="$smallest" "$artifact" \
        >"$log.minimize" 2>&1 || true
    [ -s "$smallest" ] || smallest=$artifact
    say "fuzz: input ($(wc -c <"$smallest") bytes): $(head -c 60 "$smallest" | od -An -c | tr -s ' \n' ' ')"
    say "fuzz: again:   hack/fuzz.sh --input ${smallest#"$root/"} $target"
    say "fuzz: mended?  cp ${smallest#"$root/"} Tests/Corpus/$target/NAME, which hack/test.sh then looks at"
}

say "fuzz: ${targets[*]}, ${seconds} s each, two at a time"
status=0
for ((index = 0; index < ${#targets[@]}; index += 2)); do
    pids=()
    pair=("${targets[@]:index:2}")
    for target in "${pair[@]}"; do
        run "$target" &
        pids+=($!)
    done
    for position in "${!pair[@]}"; do
        target=${pair[position]}
        if wait "${pids[position]}"; then
            executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/fuzz-$target.log")
            peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$logs/fuzz-$target.log")
            printf 'fuzz: %-10s ok, %s inputs, at most %s MB\n' "$target" "${executed:-0}" "${peak:-?}"
            [ "${executed:-0}" -gt 0 ] || { say "fuzz: $target ran nothing"; status=1; }
            # Without counters in the code it would only repeat the corpus with errors in it.
            grep -aq 'inline 8-bit counters' "$logs/fuzz-$target.log" ||
                { say "fuzz: $target was built without coverage counters, so libFuzzer was blind"; status=1; }
        else
            explain "$target"
            status=1
        fi
    done
done
exit $status
