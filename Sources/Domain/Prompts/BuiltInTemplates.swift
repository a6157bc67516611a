// SPDX-License-Identifier: MIT

/// The two templates of an agent in one language.
struct AgentSeed: Sendable {
    var work: String
    var revise: String
}

/// The templates that are part of the operator: for every agent of the catalogue, and one for agents that were
/// configured besides.
package enum BuiltInTemplates {
    /// Raised with a release that changes the texts. A test holds it to them.
    package static let version = "1"

    /// The agents with a template of their own.
    package static var agents: [String] { seeds.keys.sorted() }

    private static let seeds: [String: @Sendable (PromptLocale) -> AgentSeed] = [
        "pm": ProductManagerSeed.seed, "sa": SolutionArchitectSeed.seed, "em": EngineeringManagerSeed.seed,
        "dev": SoftwareEngineerSeed.seed, "reviewer": ReviewerSeed.seed, "qa": TestLeadSeed.seed,
        "sre": OperationsSeed.seed, "km": DocumentationSeed.seed,
    ]

    /// The template of an agent; the general one where it has none of its own.
    package static func template(agent: String, kind: PromptKind, locale: PromptLocale) -> PromptTemplate {
        let seed = (seeds[agent] ?? GeneralSeed.seed)(locale)
        let body = (kind == .work ? seed.work : seed.revise) + "\n"
        do {
            return try PromptTemplate(body, name: "\(agent)/\(kind.rawValue).\(locale) (built-in)")
        } catch {
            // A text of this program, which the tests read one and all.
            preconditionFailure(error.description)
        }
    }

    /// Where a repository keeps a template of its own, on its base branch.
    package static func seedPath(agent: String, kind: PromptKind, locale: PromptLocale) -> String {
        "prompts/\(agent)/\(kind.rawValue).\(locale).md"
    }
}
