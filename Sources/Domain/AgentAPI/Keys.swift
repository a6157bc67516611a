// SPDX-License-Identifier: MIT

/// Keys of labels, annotations and finalizers; every one starts with `codex-k8s.dev/`.
package enum Keys {
    /// The prefix of every key.
    package static let prefix = "codex-k8s.dev/"
    package static let managedBy = "codex-k8s.dev/managed-by"
    package static let namespacePurpose = "codex-k8s.dev/namespace-purpose"
    package static let repositoryID = "codex-k8s.dev/repository-id"
    package static let issue = "codex-k8s.dev/issue"
    package static let agent = "codex-k8s.dev/agent"
    package static let issueNamespaceUID = "codex-k8s.dev/issuenamespace-uid"
    package static let runUID = "codex-k8s.dev/run-uid"
    package static let runName = "codex-k8s.dev/run-name"
    package static let runNamespace = "codex-k8s.dev/run-namespace"
    package static let attempt = "codex-k8s.dev/attempt"
    /// How often the attempt went on in a new Job after a long wait; absent on its first one.
    package static let resumption = "codex-k8s.dev/resumption"
    package static let container = "codex-k8s.dev/container"
    /// Annotation: `owner/name` for people.
    package static let repository = "codex-k8s.dev/repository"
    /// Annotation on a pod: the namespace that its agent may work in.
    package static let environment = "codex-k8s.dev/environment"
    /// Annotation: when the place goes away.
    package static let expiresAt = "codex-k8s.dev/expires-at"
    /// Annotation on an AgentRun: when the edge took the delivery, RFC 3339 with microseconds.
    package static let receivedAt = "codex-k8s.dev/received-at"
    /// Annotation: the correlation id of a trace.
    package static let correlationID = "codex-k8s.dev/correlation-id"
    /// Finalizer on the run's pod until its result is in the status.
    package static let resultFinalizer = "codex-k8s.dev/result"
    /// Finalizer on an AgentRun and an IssueNamespace while objects outside them exist.
    package static let cleanupFinalizer = "codex-k8s.dev/cleanup"
    /// The value of ``managedBy``, and the field manager of every write.
    package static let manager = "codex-k8s"
    /// Which template a task was made from, and what is recorded of its prompt; on the ConfigMap that holds it.
    package static let prompt = "codex-k8s.dev/prompt"
}
