// SPDX-License-Identifier: MIT

/// Where a template comes from, the strongest first.
package enum TemplateSource: String, Sendable, Hashable, CaseIterable {
    /// Stored for this repository.
    case repositoryOverride = "repository-override"
    /// Stored for all repositories.
    case globalOverride = "global-override"
    /// A file on the base branch of the repository that is worked on.
    case repositorySeed = "repository-seed"
    /// Part of the operator.
    case builtIn = "built-in"
}

/// A template that was found, before anybody looked whether it can be used.
package struct TemplateCandidate: Sendable, Hashable {
    package var source: TemplateSource
    package var locale: PromptLocale
    /// The version of an override; the commit of a seed.
    package var version: String?
    package var body: String
    /// Why the body could not even be read; nil when it was.
    package var problem: String?

    /// All of it.
    package init(
        source: TemplateSource, locale: PromptLocale, version: String?, body: String, problem: String? = nil
    ) {
        self.source = source
        self.locale = locale
        self.version = version
        self.body = body
        self.problem = problem
    }
}

/// A template that would have been chosen, and why it was not.
package struct PassedOverTemplate: Sendable, Hashable {
    package var source: TemplateSource
    package var locale: PromptLocale
    package var version: String?
    /// What is wrong with it.
    package var reason: String
}

/// The template of a run.
package struct ChosenTemplate: Sendable, Hashable {
    package var template: PromptTemplate
    package var source: TemplateSource
    package var locale: PromptLocale
    package var version: String?
    /// What stood before it and cannot be used, in the order of the chain.
    package var passedOver: [PassedOverTemplate]
}

/// Chooses the template of a run. Pure.
///
/// The source decides before the language: an override is what somebody here said on purpose, and dropping it because
/// it was written in another language than the repository's would lose a rule without a word. So all languages of one
/// source are tried, repository's, system's, English, before the next source is. What the renderer adds around the
/// template is in the repository's language all the same.
package enum TemplateResolver {
    /// Chooses among what was found; the built-in template is always there.
    ///
    /// - Parameters:
    ///   - locales: the languages to look for, the preferred one first; see ``PromptLocale/chain(repository:system:)``.
    ///   - candidates: at most one for a source and language counts, the first.
    package static func choose(
        agent: String, kind: PromptKind, locales: [PromptLocale], candidates: [TemplateCandidate]
    ) -> ChosenTemplate {
        var passedOver: [PassedOverTemplate] = []
        for source in TemplateSource.allCases where source != .builtIn {
            for locale in locales {
                guard let candidate = candidates.first(where: { $0.source == source && $0.locale == locale }) else {
                    continue
                }
                let name = name(candidate, agent, kind)
                do throws(TemplateError) {
                    if let problem = candidate.problem { throw TemplateError(name, problem) }
                    let template = try PromptTemplate(candidate.body, name: name)
                    return ChosenTemplate(
                        template: template, source: source, locale: locale, version: candidate.version,
                        passedOver: passedOver)
                } catch {
                    passedOver.append(
                        PassedOverTemplate(
                            source: source, locale: locale, version: candidate.version, reason: error.description))
                }
            }
        }
        let locale = locales.first ?? .en
        return ChosenTemplate(
            template: BuiltInTemplates.template(agent: agent, kind: kind, locale: locale), source: .builtIn,
            locale: locale, version: BuiltInTemplates.version, passedOver: passedOver)
    }

    private static func name(_ candidate: TemplateCandidate, _ agent: String, _ kind: PromptKind) -> String {
        let version = candidate.version.map { ", version \($0)" } ?? ""
        return "\(agent)/\(kind.rawValue).\(candidate.locale) (\(candidate.source.rawValue)\(version))"
    }
}
