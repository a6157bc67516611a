// SPDX-License-Identifier: MIT

/// A language that prompts exist in: every built-in template and every text of the renderer has both.
package enum PromptLocale: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case en, ru

    /// The tag as configuration and database hold it.
    package var description: String { rawValue }

    /// The languages to look for, the preferred one first: the repository's, the system's, English. What is not
    /// configured, or is no language of ours, is left out, and none is there twice.
    package static func chain(repository: String?, system: String?) -> [PromptLocale] {
        var chain: [PromptLocale] = []
        for locale in [repository, system].compactMap({ $0.flatMap(PromptLocale.init) }) + [.en]
        where !chain.contains(locale) {
            chain.append(locale)
        }
        return chain
    }
}
