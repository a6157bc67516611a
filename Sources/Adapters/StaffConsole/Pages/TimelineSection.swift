// SPDX-License-Identifier: MIT
import AgentAPI
import AuditTrail
import JSONCoding
import KubernetesAPI

/// What happened to a run, oldest first, out of the audit.
struct TimelineSection: Sendable {
    /// The longest text of a fact's particulars, in characters.
    static let particularsLimit = 400

    let run: AgentRun
    let timeline: Timeline
    let after: Int64

    /// The section.
    var html: HTML {
        HTML.section("Timeline") {
            switch timeline {
            case .away:
                HTML(.p) {
                    """
                    The audit's database cannot be reached now, so what happened is not shown. All above is from the \
                    API server and is current.
                    """
                }
            case .facts(let facts, let next):
                if after > 0 {
                    HTML(.p) {
                        HTML(.a, .href(RunAddress.path(namespace: namespace, name: run.metadata.name))) {
                            "From the beginning"
                        }
                    }
                }
                if facts.isEmpty {
                    HTML(.p) { after > 0 ? "Nothing more has happened." : "Nothing is recorded yet." }
                } else {
                    HTML.table(
                        "Facts of the audit, oldest first", ["Time", "Attempt", "Fact", "By", "Particulars"],
                        facts.map(row))
                }
                if let next {
                    HTML(.p) {
                        HTML(.a, .href(RunAddress.path(namespace: namespace, name: run.metadata.name, after: next))) {
                            "What happened then"
                        }
                    }
                }
            }
        }
    }

    private var namespace: String { run.metadata.namespace ?? "" }

    private func row(_ fact: RecordedEvent) -> [HTML] {
        [
            Words.time(fact.createdAt), HTML(String(fact.attempt)), HTML(.code) { fact.type },
            HTML("\(fact.actor.id) (\(fact.actor.kind.rawValue))"), HTML(Self.particulars(fact.payload)),
        ]
    }

    /// The members of a payload in one line.
    static func particulars(_ payload: JSONValue) -> String {
        let members = (payload.objectValue ?? [:]).map { key, value in
            "\(key): \(value.stringValue ?? value.encodedString())"
        }
        return OneLine.of(members.joined(separator: ", "), limit: particularsLimit)
    }
}
