// SPDX-License-Identifier: MIT

/// The comments that stand for a result, or point to one: pure, so that an unchanged state gives an unchanged text.
enum TalkComment {
    /// What the agent of a run said, which changed nothing.
    struct Talk: Equatable {
        var runUID: String
        var runName: String
        var attempt: Int
        var agent: String
        var words: String
    }

    /// The hidden first line by which the comment of an attempt is found again.
    static func marker(runUID: String, attempt: Int) -> String {
        "<!-- codex-k8s:talk run=\(runUID) attempt=\(attempt) -->"
    }

    /// The agent's words, inert, under the name of who says them.
    static func body(_ talk: Talk) -> String {
        """
        \(marker(runUID: talk.runUID, attempt: talk.attempt))
        **`\(talk.agent)`** (run `\(talk.runName)`):

        \(InertText.make(talk.words))
        """
    }

    /// The hidden first line of the comment that says what took a pull request's place.
    static func supersededMarker(runUID: String) -> String { "<!-- codex-k8s:superseded run=\(runUID) -->" }

    /// What took a pull request's place. It stays open: whether it is still wanted is for people to say.
    static func superseded(runUID: String, runName: String, kind: String, by pullRequest: Int) -> String {
        """
        \(supersededMarker(runUID: runUID))
        Superseded by run `\(runName)` (`run:\(kind)`), whose pull request is #\(pullRequest). Nothing was closed.
        """
    }
}
