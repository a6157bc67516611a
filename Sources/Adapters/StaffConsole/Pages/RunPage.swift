// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import KubernetesAPI

/// All that the status says of one run, and what happened to it.
struct RunPage: Sendable {
    /// How often the page of a run that goes on asks again, in seconds: as often as progress is reported.
    static let refreshSeconds = 5

    let run: AgentRun
    let timeline: Timeline
    /// From where the timeline is shown.
    let after: Int64

    private var status: AgentRunStatus { run.status ?? AgentRunStatus() }

    /// The page.
    var page: Page {
        Page(
            "\(run.spec.repository)#\(run.spec.issue): \(run.metadata.name)", isSignedIn: true,
            refresh: run.phase.isTerminal ? nil : (Self.refreshSeconds, nil)
        ) {
            state
            if let wait = status.wait { waiting(wait) }
            results
            conditions
            attempts
            settings
            session
            TimelineSection(run: run, timeline: timeline, after: after).html
        }
    }

    /// Where the run stands.
    private var state: HTML {
        let ready = status.conditions?[RunCondition.ready.rawValue]
        var facts: [(String, HTML)] = [("Phase", RunPage.phase(run.phase))]
        if let ready {
            let words = ready.message.isEmpty ? "" : ": \(ready.message)"
            facts.append(("Ready", HTML("\(ready.status.text), \(ready.reason)\(words)")))
        }
        facts.append(("Progress", progress))
        if let stopping = status.stopping {
            let why = Words.text(stopping.message ?? stopping.reason)
            facts.append(("Being ended", HTML([HTML("\(why), since "), Words.time(stopping.since)])))
        }
        facts += [
            ("Asked for", Words.time(run.metadata.creationTimestamp)), ("Started", Words.time(status.startTime)),
            ("Ended", Words.time(status.completionTime)),
        ]
        return HTML.section("Now") {
            HTML.facts(facts)
            if !run.phase.isTerminal {
                HTML(.p, .class("quiet")) {
                    "The run goes on. This page shows it anew every \(Self.refreshSeconds) seconds."
                }
            }
        }
    }

    private var progress: HTML {
        guard let progress = status.progress else { return HTML("Nothing was reported yet.") }
        let line = HTML(.strong) { Words.text(progress.line) }
        guard let time = progress.heartbeatTime else { return line }
        return HTML([line, HTML(" – last sign of life "), Words.time(time)])
    }

    private func waiting(_ wait: AgentRunStatus.WaitStatus) -> HTML {
        HTML.section("Wait") {
            HTML.facts([
                ("State", HTML(wait.state)), ("Reason", HTML(Words.text(wait.reason))),
                ("Since", Words.time(wait.since)), ("Expected to end", Words.time(wait.until)),
                (
                    "Left on the run's clock",
                    HTML(wait.remaining.map { "\(Words.duration(seconds: $0)); it stands still" } ?? "–")
                ),
            ])
        }
    }

    /// What the run made, and where it works.
    private var results: HTML {
        HTML.section("Results and places") {
            HTML.facts([
                ("Pull request", status.pullRequest.map(RunPage.pullRequest) ?? HTML("–")),
                ("Branch", HTML(Words.text(status.branch))),
                ("Object", HTML(.code) { run.metadata.key.description }),
                ("Namespace of the Job", HTML(Words.text(status.namespace))), ("Job", HTML(Words.text(status.job))),
                ("Asked for by", HTML(Words.text(run.spec.trigger.actor ?? run.spec.trigger.requestedBy))),
            ])
        }
    }

    private var conditions: HTML {
        HTML.section("Conditions") {
            if let conditions = status.conditions, !conditions.isEmpty {
                HTML.table(
                    "What the controller says", ["Condition", "Status", "Reason", "Message", "Since"],
                    conditions.map { condition in
                        [
                            HTML(condition.type), HTML(condition.status.text), HTML(Words.text(condition.reason)),
                            HTML(Words.text(condition.message)), Words.time(condition.lastTransitionTime),
                        ]
                    })
            } else {
                HTML(.p) { "The controller has not looked at the run yet." }
            }
        }
    }

    private var attempts: HTML {
        HTML.section("Attempts") {
            if let attempts = status.attempts, !attempts.isEmpty {
                HTML.table(
                    "Attempts, \(run.spec.attempts ?? 1) wanted",
                    ["Attempt", "Started", "Ended", "Reason", "Message", "Paused", "Pods after waits"],
                    attempts.map { attempt in
                        [
                            HTML(String(attempt.number)), Words.time(attempt.startTime),
                            Words.time(attempt.completionTime), HTML(Words.text(attempt.reason)),
                            HTML(Words.text(attempt.message)),
                            HTML(attempt.pausedSeconds.map { Words.duration(seconds: $0) } ?? "–"),
                            HTML(String(attempt.resumptions ?? 0)),
                        ]
                    })
            } else {
                HTML(.p) { "None yet." }
            }
        }
    }

    private var settings: HTML {
        let effective = status.effective
        let template = effective?.template
        func row(_ name: String, _ value: String?, _ source: String?) -> [HTML] {
            [HTML(name), HTML(Words.text(value)), HTML(Words.text(source))]
        }
        return HTML.section("Settings") {
            HTML.table(
                "What this run works with", ["Setting", "Value", "Source"],
                [
                    row("Kind", kind, effective?.kindSource),
                    row("Agent", effective?.agent ?? run.spec.agent?.key, nil),
                    row("Mode", effective?.mode?.rawValue, nil),
                    row("Model", effective?.model?.value, effective?.model?.source),
                    row("Reasoning", effective?.reasoningEffort?.value, effective?.reasoningEffort?.source),
                    row(
                        "Prompt template",
                        template.map { "\($0.version ?? "no version"), \($0.locale), \($0.hash.prefix(12))" },
                        template?.source),
                ])
        }
    }

    private var kind: String {
        let kind = status.effective?.kind ?? run.spec.trigger.kind
        let discussion = status.effective?.discussion == true ? ", discussion only" : ""
        return kind + (run.spec.trigger.revise == true ? ", revise" : "") + discussion
    }

    private var session: HTML {
        HTML.section("Session and tokens") {
            HTML.facts([
                ("Session", HTML(Words.text(status.session?.id))),
                ("Resumed", HTML(Words.answer(status.session?.resumed))),
                ("Saved", HTML(status.session?.savedBytes.map(Words.bytes) ?? "–")),
                ("Note", HTML(Words.text(status.session?.message))),
            ])
            if let usage = status.usage {
                HTML.table(
                    "Tokens, in all attempts", ["Input", "of it cached", "Output", "of it reasoning"],
                    [
                        [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens, usage.reasoningTokens]
                            .map { HTML(Words.count($0)) }
                    ])
            }
        }
    }

    /// A phase with a colour that says the same as its name.
    static func phase(_ phase: RunPhase) -> HTML {
        switch phase {
        case .succeeded: HTML(.span, .class("good")) { phase.rawValue }
        case .failed, .rejected: HTML(.span, .class("bad")) { phase.rawValue }
        default: HTML(.span, .class("neutral")) { phase.rawValue }
        }
    }

    /// A pull request, with a link where its address is one.
    static func pullRequest(_ pull: AgentRunStatus.PullRequestStatus) -> HTML {
        guard let address = WebAddress(pull.url) else { return HTML("#\(pull.number) (\(pull.url))") }
        return HTML(.a, .href(address), .unrelated) { "#\(pull.number)" }
    }
}
