// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI
import RunPolicy

/// What one attempt's Job is made of.
struct JobInput {
    var run: AgentRun
    var attempt: Int
    var namespace: String
    var environmentNamespace: String?
    var settings: AdmittedSettings
    var baseBranch: String
    var baseSHA: String
    var headBefore: String?
    var gitURL: String
    var committer: (name: String, email: String)
    var issueTitle: String
    /// The session to go on with; `nil` begins a fresh one.
    var sessionID: String?
    /// The most bytes of a session that are kept.
    var sessionLimit = 64 << 20
    /// The model provider that the broker forwards to; `nil` where agents ask no model.
    var modelURL: String?
    /// Where the broker reaches the run API; `nil` where there is none.
    var runAPIURL: String?
}

/// The settings of a run as its status keeps them, with the agent's definition beside them.
struct AdmittedSettings {
    var kind: TriggerKind
    var revise: Bool
    var agent: AgentDefinition
    var mode: AgentMode
    var image: String
    var model: String?
    var reasoningEffort: String?
    var branch: String
    var timeout: Duration
    /// The issue asks for talk alone.
    var discussion = false

    /// Whether words are all that the run may leave: in a discussion, and from an agent that may change nothing. Nothing is
    /// committed or pushed then.
    var talksOnly: Bool {
        discussion || WriteScope.of(kind: kind, agent: agent.key, allowsWorkflows: false) == .nothing
    }

    /// The kind that the branch and its pull request are of. A review may ask another kind of run to revise it; what the
    /// pull request is for, and whether it closes the issue, does not change by that.
    func publishedKind(issue: Int) -> TriggerKind { TriggerKind.owning(branch: branch, issue: issue) ?? kind }
}

/// Builds the Job of one attempt: pure, so that what an agent is given can be read in a golden file.
enum JobBuilder {
    /// How long a Job may outlive the run's own clock, which alone decides: waiting stops that clock, not this one.
    private static let deadlineReserve: Int64 = 7 * 24 * 3600
    /// What an agent has to end itself before it is killed, in seconds.
    static let gracePeriod: Int64 = 60

    /// Mount paths inside the pod; every one is handed over by an environment variable.
    private enum Path {
        static let workspace = "/workspace"
        static let broker = "/run/codex-k8s/broker"
        static let credentials = "/run/codex-k8s/credentials"
        static let task = "/run/codex-k8s/task"
        static let termination = "/run/codex-k8s/termination-message"
        static let token = "/var/run/secrets/kubernetes.io/serviceaccount"
        static let runAPI = "/run/codex-k8s/run-api"
    }

    /// Labels of everything that belongs to one attempt.
    static func labels(run: AgentRun, attempt: Int, agent: String) -> [String: String] {
        var labels = [
            Keys.managedBy: Keys.manager,
            Keys.runUID: run.metadata.uid,
            Keys.runName: run.metadata.name,
            Keys.runNamespace: run.metadata.namespace ?? "default",
            Keys.attempt: String(attempt),
            Keys.issue: String(run.spec.issue),
            Keys.agent: agent,
        ]
        if run.resumption > 0 { labels[Keys.resumption] = String(run.resumption) }
        return labels
    }

    static func job(_ input: JobInput) -> JSONValue {
        let run = input.run
        let labels = labels(run: run, attempt: input.attempt, agent: input.settings.agent.key)
        var annotations: [String: String] = [
            Keys.repository: run.spec.repository, Keys.correlationID: run.correlationID,
        ]
        if let environment = input.environmentNamespace { annotations[Keys.environment] = environment }
        let deadline = input.settings.timeout.components.seconds + deadlineReserve
        return [
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": [
                "name": .string(run.jobName),
                "namespace": .string(input.namespace),
                "labels": JSONValue(labels),
                "annotations": JSONValue(annotations),
            ],
            "spec": [
                "backoffLimit": 0,
                "completions": 1,
                "parallelism": 1,
                "activeDeadlineSeconds": .integer(deadline),
                // A pod that its node lost did not fail: the same Job makes another, which goes on from what was pushed.
                "podFailurePolicy": [
                    "rules": [
                        ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]]
                    ]
                ],
                "template": [
                    "metadata": [
                        "labels": JSONValue(labels),
                        "annotations": JSONValue(annotations),
                        "finalizers": [.string(Keys.resultFinalizer)],
                    ],
                    "spec": podSpec(input),
                ],
            ],
        ]
    }

    private static func podSpec(_ input: JobInput) -> JSONValue {
        var volumes: [JSONValue] = [
            ["name": "workspace", "emptyDir": ["sizeLimit": "10Gi"]],
            ["name": "broker", "emptyDir": ["sizeLimit": "1Mi"]],
            ["name": "tmp-agent", "emptyDir": ["sizeLimit": "2Gi"]],
            ["name": "tmp-broker", "emptyDir": ["sizeLimit": "2Gi"]],
            [
                "name": "credentials",
                "secret": [
                    "secretName": .string(input.run.credentialsName),
                    "defaultMode": 0o440,
                ],
            ],
            [
                "name": "task",
                "configMap": ["name": .string(input.run.taskName), "defaultMode": 0o444],
            ],
        ]
        if input.settings.mode == .fullEnv { volumes.append(tokenVolume(input)) }
        if input.runAPIURL != nil { volumes.append(runAPIVolume) }
        return [
            "restartPolicy": "Never",
            "serviceAccountName": .string(Names.serviceAccount),
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "shareProcessNamespace": false,
            "terminationGracePeriodSeconds": .integer(gracePeriod),
            "securityContext": [
                "runAsNonRoot": true, "fsGroup": 10003, "seccompProfile": ["type": "RuntimeDefault"],
            ],
            "initContainers": [broker(input)],
            "containers": [agent(input)],
            "volumes": .array(volumes),
        ]
    }

    /// The token of the agent's own service account, for its environment alone: the run namespace gives it no role.
    private static func tokenVolume(_ input: JobInput) -> JSONValue {
        [
            "name": "environment-token",
            "projected": [
                "defaultMode": 0o440,
                "sources": [
                    ["serviceAccountToken": ["path": "token", "expirationSeconds": 3600]],
                    ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
                    [
                        "downwardAPI": [
                            "items": [
                                [
                                    "path": "namespace",
                                    "fieldRef": ["fieldPath": "metadata.annotations['\(Keys.environment)']"],
                                ]
                            ]
                        ]
                    ],
                ],
            ],
        ]
    }

    /// The broker's token for the run API, bound to the pod and good for nothing else.
    private static let runAPIVolume: JSONValue = [
        "name": "run-api-token",
        "projected": [
            "defaultMode": 0o440,
            "sources": [
                [
                    "serviceAccountToken": [
                        "audience": .string(Names.runAPIAudience), "path": "token", "expirationSeconds": 3600,
                    ]
                ]
            ],
        ],
    ]

    private static func broker(_ input: JobInput) -> JSONValue {
        var environment = shared(input)
        environment.append((RunnerEnvironment.credentialsDirectory, Path.credentials))
        environment.append((RunnerEnvironment.upstreamGitURL, input.gitURL))
        if let url = input.modelURL {
            environment.append((RunnerEnvironment.upstreamModelURL, url))
            // The broker holds the agent to what was chosen.
            if let model = input.settings.model { environment.append((RunnerEnvironment.model, model)) }
        }
        var mounts: [JSONValue] = [
            ["name": "broker", "mountPath": .string(Path.broker)],
            ["name": "credentials", "mountPath": .string(Path.credentials), "readOnly": true],
            ["name": "tmp-broker", "mountPath": "/tmp"],
        ]
        if let url = input.runAPIURL {
            environment.append((RunnerEnvironment.runAPIURL, url))
            environment.append((RunnerEnvironment.runAPITokenFile, "\(Path.runAPI)/token"))
            mounts.append(["name": "run-api-token", "mountPath": .string(Path.runAPI), "readOnly": true])
        }
        return [
            "name": "broker",
            "image": .string(AgentDefinition.defaultImage),
            "command": ["agent-runner", "broker"],
            "restartPolicy": "Always",
            // What it said last is why it could not go on.
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "env": variables(environment),
            "resources": [
                "requests": ["cpu": "50m", "memory": "64Mi"], "limits": ["cpu": "1", "memory": "512Mi"],
            ],
            "securityContext": securityContext(user: 10001),
            "volumeMounts": .array(mounts),
        ]
    }

    private static func agent(_ input: JobInput) -> JSONValue {
        var environment = shared(input)
        let settings = input.settings
        environment += [
            (RunnerEnvironment.runName, input.run.metadata.name),
            (RunnerEnvironment.issue, String(input.run.spec.issue)),
            (RunnerEnvironment.triggerKind, settings.kind.rawValue),
            (RunnerEnvironment.revise, settings.revise ? "true" : "false"),
            (RunnerEnvironment.baseBranch, input.baseBranch),
            (RunnerEnvironment.baseSHA, input.baseSHA),
            (RunnerEnvironment.workspace, Path.workspace),
            (RunnerEnvironment.taskDirectory, Path.task),
            (RunnerEnvironment.terminationMessage, Path.termination),
            (RunnerEnvironment.agentKey, settings.agent.key),
            (RunnerEnvironment.agentCommand, JSONValue.array(settings.agent.command.map { .string($0) }).encodedString()),
            (RunnerEnvironment.committerName, input.committer.name),
            (RunnerEnvironment.committerEmail, input.committer.email),
            (
                RunnerEnvironment.commitSubject,
                WorkTitle.commitSubject(issue: input.run.spec.issue, title: input.issueTitle, revise: settings.revise)
            ),
            (
                RunnerEnvironment.commitReference,
                "\(settings.publishedKind(issue: input.run.spec.issue).issueReference) #\(input.run.spec.issue)"
            ),
            (RunnerEnvironment.timeoutSeconds, String(settings.timeout.components.seconds)),
        ]
        // What the broker offers, so that the agent is told of nothing that is not there.
        if input.modelURL != nil { environment.append((RunnerEnvironment.modelKey, "broker")) }
        if input.runAPIURL != nil {
            environment.append((RunnerEnvironment.toolsURL, "/mcp"))
            environment.append((RunnerEnvironment.sessionLimit, String(input.sessionLimit)))
            if let session = input.sessionID { environment.append((RunnerEnvironment.sessionID, session)) }
        }
        if let head = input.headBefore { environment.append((RunnerEnvironment.headBefore, head)) }
        if let model = settings.model { environment.append((RunnerEnvironment.model, model)) }
        if let effort = settings.reasoningEffort { environment.append((RunnerEnvironment.reasoningEffort, effort)) }
        var mounts: [JSONValue] = [
            ["name": "workspace", "mountPath": .string(Path.workspace)],
            ["name": "broker", "mountPath": .string(Path.broker), "readOnly": true],
            ["name": "task", "mountPath": .string(Path.task), "readOnly": true],
            ["name": "tmp-agent", "mountPath": "/tmp"],
        ]
        if settings.mode == .fullEnv {
            mounts.append(["name": "environment-token", "mountPath": .string(Path.token), "readOnly": true])
            environment.append((RunnerEnvironment.environmentNamespace, input.environmentNamespace ?? ""))
        }
        return [
            "name": "agent",
            "image": .string(settings.image),
            "command": ["agent-runner", "run"],
            "env": variables(environment),
            "terminationMessagePath": .string(Path.termination),
            "terminationMessagePolicy": "File",
            "resources": [
                "requests": ["cpu": "250m", "memory": "512Mi"], "limits": ["cpu": "2", "memory": "4Gi"],
            ],
            "securityContext": securityContext(user: 10002),
            "volumeMounts": .array(mounts),
        ]
    }

    private static func shared(_ input: JobInput) -> [(String, String)] {
        [
            (RunnerEnvironment.runUID, input.run.metadata.uid),
            (RunnerEnvironment.attempt, String(input.attempt)),
            (RunnerEnvironment.correlationID, input.run.correlationID),
            (RunnerEnvironment.repository, input.run.spec.repository),
            (RunnerEnvironment.branch, input.settings.branch),
            (RunnerEnvironment.brokerDirectory, Path.broker),
        ] + (input.settings.talksOnly ? [(RunnerEnvironment.discussion, "true")] : [])
    }

    private static func variables(_ pairs: [(String, String)]) -> JSONValue {
        .array(pairs.map { ["name": .string($0.0), "value": .string($0.1)] })
    }

    private static func securityContext(user: Int64) -> JSONValue {
        [
            "runAsUser": .integer(user),
            "runAsGroup": .integer(user),
            "runAsNonRoot": true,
            "allowPrivilegeEscalation": false,
            "capabilities": ["drop": ["ALL"]],
            "seccompProfile": ["type": "RuntimeDefault"],
        ]
    }
}

extension AgentRun {
    /// Ties every record together: the edge's, else one made of the uid.
    var correlationID: String { spec.trigger.correlationID ?? metadata.uid }
}
