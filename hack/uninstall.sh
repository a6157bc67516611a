#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Takes codex-k8s out of the cluster of the current kubectl context, whether or not its controller still lives.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

yes=
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        cat <<'TEXT'
usage: hack/uninstall.sh --yes

Removes from the cluster of kubectl's current context: the operator, every AgentRun, the places of all runs with what is
in them, the objects of manifests/ with both of the operator's namespaces and their Secrets, and the definitions in crds/.
It needs no living controller. What is on the code host and in the database stays. Can be run again at any time.

  --yes   really do it; without it the script only says what it would remove
TEXT
        exit 0
        ;;
    --yes) yes=1 ;;
    *) usage_error "unknown argument '$1'; expected --yes or --help" ;;
    esac
    shift
done
command -v kubectl >/dev/null || die "there is no kubectl in PATH"

resources=(agentruns.codex-k8s.dev issuenamespaces.codex-k8s.dev)
places=codex-k8s.dev/managed-by=codex-k8s
limit=120s

# NAMESPACE/NAME of a kind's objects, and /NAME where they have no namespace; nothing where the kind is not there.
objects() { # RESOURCE [OPTION...]
    local resource=$1
    shift
    kubectl get "$resource" --all-namespaces --ignore-not-found "$@" \
        --output jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}'
}

is_served() { # RESOURCE
    kubectl get customresourcedefinition "$1" --ignore-not-found --output name | grep -q .
}

# Nobody is there any more who would take a finalizer off. An object that is gone meanwhile is what is wanted.
release() { # RESOURCE [OPTION...]
    local resource=$1 object namespace
    while IFS= read -r object; do
        namespace=${object%%/*}
        kubectl patch "$resource" "${object#*/}" ${namespace:+--namespace "$namespace"} --type merge \
            --patch '{"metadata":{"finalizers":null}}' >/dev/null 2>&1 || true
    done < <(objects "$@")
}

server=$(kubectl config view --minify --output 'jsonpath={.clusters[0].cluster.server}')
if [ -z "$yes" ]; then
    say "uninstall: would remove codex-k8s from $server, and with it:"
    for resource in "${resources[@]}"; do
        ! is_served "$resource" || objects "$resource" | sed "s|^/*|    $resource |" >&2
    done
    objects namespaces --selector "$places" | sed 's|^/|    namespaces |' >&2
    say "uninstall: nothing was changed; --yes does it"
    exit 1
fi

say "uninstall: stopping the operator in $server"
kubectl delete deployments,jobs --namespace codex-k8s-system --selector app.kubernetes.io/part-of=codex-k8s \
    --ignore-not-found --cascade=foreground --timeout "$limit" >&2

say "uninstall: removing runs and their places"
for resource in "${resources[@]}"; do
    is_served "$resource" || continue
    kubectl delete "$resource" --all --all-namespaces --wait=false >&2
    release "$resource"
done
kubectl delete namespaces --selector "$places" --ignore-not-found --wait=false >&2
release pods --selector "$places"
kubectl wait --for=delete namespaces --selector "$places" --timeout "$limit" >&2

say "uninstall: removing what was installed"
kubectl delete --kustomize "$root/manifests" --ignore-not-found --timeout "$limit" >&2
kubectl delete --filename "$root/crds" --ignore-not-found --timeout "$limit" >&2
say "uninstall: done; what is on the code host and in the database is still there"
