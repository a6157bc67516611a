#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Shows the whole way on this machine: an issue gets a label, a pull request appears; a second label, it is updated.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What `codex-k8s dev` makes: its forge's repository and the namespace of the runs.
repository=acme/shop
namespace=codex-k8s
issue_text='create hello.txt with Hello from codex-k8s'
review_text='create goodbye.txt with Goodbye from codex-k8s'
model_label='[ai-model-stand-in-2]'
run_limit=120

keep=
stop=
verbose=
agent=stand-in
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        cat <<'TEXT'
usage: hack/demo.sh [--agent stand-in|codex] [--keep] [--verbose]
       hack/demo.sh --stop

Installs what is missing, builds, starts `codex-k8s dev` (an embedded cluster, a forge stand-in, a private PostgreSQL, the
controllers and the edge, all on loopback), opens issue 1, labels it run:dev, reviews the pull request, labels the issue
run:dev:revise, and prints what exists.

  --agent     who works: stand-in, which asks no model, or codex, the real CLI with a stand-in for the model; with codex the
              pod of the first run and its disk are removed before the second, which is given another model by a label
              and resumes the first one's session
  --keep      leave everything running and print how to reach it
  --stop      stop what --keep left running
  --verbose   show the output of building and the log of codex-k8s
TEXT
        exit 0
        ;;
    --agent)
        [ $# -ge 2 ] || usage_error "--agent expects stand-in or codex"
        agent=$2
        shift
        ;;
    --agent=*) agent=${1#*=} ;;
    --keep) keep=1 ;;
    --stop) stop=1 ;;
    --verbose) verbose=1 ;;
    *) usage_error "unknown argument '$1'; expected --agent, --keep, --stop or --verbose" ;;
    esac
    shift
done
case $agent in stand-in | codex) ;; *) usage_error "unknown agent '$agent'; expected stand-in or codex" ;; esac

# A place a checkout: short, because sockets' paths are, and outside of homes, which PostgreSQL's user cannot enter.
state=${CODEXK8S_DEMO_STATE:-${TMPDIR:-/tmp}/codex-k8s-demo.$(id -u).$(printf '%s' "$root" | cksum | cut -d ' ' -f 1)}
tail_pid=
watch_pid=

# The process that was started here, and not another one that has its number by now.
dev_pid() {
    local pid
    pid=$(cat "$state/demo.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$state" || return 1
    printf '%s' "$pid"
}

stop_dev() {
    local pid
    if pid=$(dev_pid); then
        kill -TERM "$pid" 2>/dev/null || true
        for _ in $(seq 300); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        # It is the leader of a session of its own: what it could not end in half a minute ends with it.
        if kill -0 "$pid" 2>/dev/null; then
            say "demo: codex-k8s did not stop in 30 s; killing it"
            kill -KILL "-$pid" 2>/dev/null || true
            return 1
        fi
    fi
    rm -f "$state/demo.pid"
}

clean_up() {
    local status=$?
    trap - EXIT INT TERM
    [ -z "$tail_pid" ] || kill "$tail_pid" 2>/dev/null || true
    [ -z "$watch_pid" ] || kill "$watch_pid" 2>/dev/null || true
    if [ $status -eq 130 ] || [ $status -eq 143 ]; then
        printf '\n' >&2
        stop_dev && rm -rf "$state" && say "demo: interrupted; everything is stopped and removed"
    elif [ $status -ne 0 ]; then
        [ -n "$verbose" ] || tail -n 40 "$state/dev.log" 2>/dev/null | cut -c 1-300 >&2 || true
        say "demo: failed; the log is $state/dev.log"
        stop_dev || true
    fi
    exit $status
}

if [ -n "$stop" ]; then
    if dev_pid >/dev/null; then
        stop_dev || exit 1
        rm -rf "$state"
        say "demo: stopped"
    else
        say "demo: nothing is running"
    fi
    exit 0
fi

started=$(date +%s%N)
seconds_since() { # NANOSECONDS
    local tenths=$((($(date +%s%N) - $1) / 100000000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# --- build and start -------------------------------------------------------------------------------------------------

"$root/hack/setup.sh" --quiet
cd "$root"
configuration=${CODEXK8S_BUILD_CONFIGURATION:-debug}
with_progress "demo: building ($configuration)" "$root/.build/logs/demo-build.log" swift build -c "$configuration"
bin=$(swift build -c "$configuration" --show-bin-path)
built=$(date +%s%N)

if dev_pid >/dev/null; then
    say "demo: stopping the one that was left running"
    stop_dev
fi
if [ -e "$state" ]; then
    [ -O "$state" ] && [ ! -L "$state" ] || die "$state belongs to somebody else; set CODEXK8S_DEMO_STATE to another folder"
    rm -rf "$state"
fi
mkdir -m 711 "$state"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "demo: starting codex-k8s dev in $state"
setsid "$bin/codex-k8s" dev --state "$state" --agent "$agent" >"$state/dev.log" 2>&1 </dev/null &
dev=$!
printf '%s\n' "$dev" >"$state/demo.pid"
if [ -n "$verbose" ]; then
    tail -n +1 -f "$state/dev.log" >&2 &
    tail_pid=$!
fi
for attempt in $(seq 600); do
    [ ! -s "$state/env.sh" ] || break
    kill -0 "$dev" 2>/dev/null || die "codex-k8s dev ended before it was ready"
    [ "$attempt" -lt 600 ] || die "codex-k8s dev was not ready within 60 s"
    sleep 0.1
done
. "$state/env.sh"
say "demo: ready after $(seconds_since "$built") s"

# --- helpers ---------------------------------------------------------------------------------------------------------

# The token goes by a file: arguments are for everybody to read.
(umask 077 && printf 'header = "Authorization: Bearer %s"\n' "$CODEXK8S_FORGE_TOKEN" >"$state/curl.conf")

forge() { # METHOD PATH [JSON]
    curl --silent --show-error --fail-with-body --max-time 30 --config "$state/curl.conf" --request "$1" \
        ${3:+--header 'Content-Type: application/json' --data "$3"} "$CODEXK8S_FORGE_URL/repos/$repository$2"
}

# The first value of a field in JSON without spaces; enough for the answers that are read here.
field() { # NAME
    grep -oE "\"$1\":(\"[^\"]*\"|[0-9]+|true|false|null)" | head -n 1 | sed -E "s/^\"$1\"://; s/^\"(.*)\"\$/\1/"
}

# All values of a text field, in one line.
all() { # NAME
    grep -oE "\"$1\":\"[^\"]*\"" | sed -E "s/^\"$1\":\"//; s/\"\$//" | paste -sd ' '
}

# Begins to watch the runs. Before the label is set, so that nothing polls while the time to the Job is measured.
watch_runs() {
    exec 3< <(exec timeout "$run_limit" kubectl get agentruns --namespace "$namespace" --watch --output \
        jsonpath='{.metadata.name} {.spec.issue} {.spec.trigger.revise} {.status.phase}{"\n"}' 2>>"$state/kubectl.log")
    watch_pid=$!
    # Long enough for kubectl to start; a watch that comes later misses nothing either, since it lists first.
    sleep 1
}

# Follows a run until it is over and prints its phases.
follow() { # LABEL REVISE
    local name='' last='' begun run issue revise phase
    begun=$(date +%s%N)
    while read -r -u 3 run issue revise phase; do
        # A run that does not revise may leave the field out.
        case $revise in true | false) ;; *) phase=$revise revise=false ;; esac
        [ "$issue" = 1 ] && [ "$revise" = "$2" ] || continue
        if [ -z "$name" ]; then
            name=$run
            printf 'demo: %s is AgentRun %s:' "$1" "$name" >&2
        fi
        [ "$run" = "$name" ] && [ "$phase" != "$last" ] || continue
        printf ' %s' "$phase" >&2
        last=$phase
        case $phase in Succeeded | Failed | Rejected | Cancelled) break ;; esac
    done
    kill "$watch_pid" 2>/dev/null || true
    watch_pid=
    exec 3<&-
    [ -n "$name" ] || die "no AgentRun appeared for $1 within $run_limit s"
    followed=$name
    printf ' after %s s\n' "$(seconds_since "$begun")" >&2
    if [ "$last" != Succeeded ]; then
        kubectl describe agentrun "$name" --namespace "$namespace" >&2 || true
        die "the run of $1 ended ${last:-nowhere within $run_limit s}, not Succeeded"
    fi
    kubectl wait --for=condition=Ready "agentrun/$name" --namespace "$namespace" --timeout=20s >/dev/null
}

# What a run's status says of its agent, in one line.
agent_line() { # RUN
    kubectl get agentrun "$1" --namespace "$namespace" --output jsonpath='AGENT name='"$agent"' run={.metadata.name} model={.status.effective.model.value} reasoning={.status.effective.reasoningEffort.value} session={.status.session.id} resumed={.status.session.resumed}'
}

# --- the story -------------------------------------------------------------------------------------------------------

issue=$(forge POST /issues "{\"title\":\"Say hello\",\"body\":\"$issue_text\"}" | field number)
[ "$issue" = 1 ] || die "expected to open issue 1, opened issue ${issue:-?}"
say "demo: issue 1 says: $issue_text"
watch_runs
forge POST /issues/1/labels '{"labels":["run:dev"]}' >/dev/null
follow run:dev false
first_run=$followed

pulls=$(forge GET '/pulls?state=all')
number=$(printf '%s' "$pulls" | field number)
[ -n "$number" ] || die "the run ended well, but there is no pull request"
pull=$(forge GET "/pulls/$number")
url=$CODEXK8S_FORGE_URL/$repository/pull/$number
first_head=$(printf '%s' "$pull" | grep -oE '"head":\{.*' | field sha)
say "demo: pull request $number: $url"

say "demo: a reviewer comments: $review_text"
forge POST "/pulls/$number/comments" \
    "{\"body\":\"$review_text\",\"path\":\"hello.txt\",\"line\":1,\"side\":\"RIGHT\"}" >/dev/null
if [ "$agent" = codex ]; then
    place=$(kubectl get agentrun "$first_run" --namespace "$namespace" --output jsonpath='{.status.namespace}')
    say "demo: the first run's pod goes, and its disk with it; the next run gets the label $model_label"
    kubectl delete jobs --all --namespace "$place" --wait >/dev/null
    kubectl wait --for=delete pods --all --namespace "$place" --timeout=30s >/dev/null 2>&1 || true
    forge POST /issues/1/labels "{\"labels\":[\"$model_label\"]}" >/dev/null
fi
watch_runs
forge POST /issues/1/labels '{"labels":["run:dev:revise"]}' >/dev/null
follow run:dev:revise true
second_run=$followed

updated=$(forge GET "/pulls/$number")
commits=$(printf '%s' "$updated" | field commits)
second_head=$(printf '%s' "$updated" | grep -oE '"head":\{.*' | field sha)
[ "$first_head" != "$second_head" ] || die "run:dev:revise did not move the head of pull request $number"
others=$(forge GET '/pulls?state=all' | grep -o '"issue_url"' | wc -l)
[ "$others" = 1 ] || die "expected one pull request, found $others"

trace=$("$bin/codex-k8s" trace --issue 1 --database-url "$CODEXK8S_DATABASE_URL" | grep '^TRACE issue=1 ' | head -n 1)
[ -n "$trace" ] || die "the audit has no trace of issue 1"

agents=
if [ "$agent" = codex ]; then
    first=$(agent_line "$first_run")
    second=$(agent_line "$second_run")
    agents="$first
$second"
    session() { sed -E 's/.* session=([^ ]*).*/\1/; s/^AGENT.*//'; }
    [ -n "$(session <<<"$first")" ] || die "the first run has no session: $first"
    [ "$(session <<<"$first")" = "$(session <<<"$second")" ] || die "the second run has another session: $agents"
    [[ $first == *resumed=false && $second == *resumed=true ]] || die "the session was not resumed: $agents"
    [[ $first != *model=stand-in-2* && $second == *model=stand-in-2* ]] || die "the label did not change the model: $agents"
    "$bin/codex-k8s" trace --issue 1 --events --database-url "$CODEXK8S_DATABASE_URL" | grep -q ' run.agent.resume.used ' ||
        die "the audit does not say that the session was resumed"
fi

# --- what exists -----------------------------------------------------------------------------------------------------

{
    echo
    echo "== custom resources"
    kubectl get agentruns --namespace "$namespace"
    echo
    kubectl get issuenamespaces
    echo
    echo "== namespaces and Jobs"
    kubectl get namespaces --selector codex-k8s.dev/managed-by
    echo
    kubectl get jobs --all-namespaces
    echo
    echo "== the pull request"
    printf 'files:    %s\n' "$(forge GET "/pulls/$number/files" | all filename)"
    printf 'labels:   %s\n' "$(forge GET "/issues/$number/labels" | all name)"
    printf 'comments: %s on issue 1\n' "$(forge GET /issues/1 | field comments)"
    echo
} || true

say "demo: done in $(seconds_since "$started") s, $(seconds_since "$built") s of it after building"

if [ -z "$keep" ]; then
    stop_dev
    rm -rf "$state"
fi
[ -z "$tail_pid" ] || kill "$tail_pid" 2>/dev/null || true
tail_pid=
[ -z "$agents" ] || printf '%s\n' "$agents"
printf 'PULL-REQUEST number=%s created-by=run:dev url=%s\n' "$number" "$url"
printf 'PULL-REQUEST number=%s updated-by=run:dev:revise commits=%s\n' "$number" "$commits"
printf '%s\n' "$trace"
if [ -n "$keep" ]; then
    grep '^export ' "$state/env.sh"
    echo "It goes on running, with its files in $state; 'hack/demo.sh --stop' stops it."
fi
