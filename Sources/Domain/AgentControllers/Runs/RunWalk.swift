// SPDX-License-Identifier: MIT
import AgentAPI
import Prompts
import SourceProvider
import Synchronization

/// What one walk has learnt and done already, so that a later step of it neither asks nor records again.
///
/// It is gone with the walk: whoever takes up a run anew looks for itself.
final class RunWalk: Sendable {
    private struct State {
        var issue: SourceIssue?
        var stand: BranchStand?
        var intentsRecorded: Int?
        var place: IssueNamespace?
        var reservation: PlaceMaker.Reservation?
        var hasMadePlace = false
        var token: RunToken?
        var templates: [TemplateCandidate]?
    }

    private let state = Mutex(State())

    /// The issue as the code host told it in this walk.
    var issue: SourceIssue? {
        get { state.withLock { $0.issue } }
        set { state.withLock { $0.issue = newValue } }
    }

    /// Where base and branch stood in this walk.
    var stand: BranchStand? {
        get { state.withLock { $0.stand } }
        set { state.withLock { $0.stand = newValue } }
    }

    /// Keeps the place that the run was joined to, for the attempt that is provisioned next: a later one joins anew.
    func give(_ place: IssueNamespace) { state.withLock { $0.place = place } }

    /// The place that was kept, once.
    func takePlace() -> IssueNamespace? { state.withLock { $0.place.take() } }

    /// Keeps the broker's token for the attempt that is provisioned next.
    func give(_ token: RunToken) { state.withLock { $0.token = token } }

    /// The token that was kept, once.
    func takeToken() -> RunToken? { state.withLock { $0.token.take() } }

    /// Keeps the templates that were found for the attempt that is provisioned next.
    func give(_ templates: [TemplateCandidate]) { state.withLock { $0.templates = templates } }

    /// The templates that were kept, once.
    func takeTemplates() -> [TemplateCandidate]? { state.withLock { $0.templates.take() } }

    /// Whether this walk made all of the place, which the place itself does not say yet.
    var hasMadePlace: Bool {
        get { state.withLock { $0.hasMadePlace } }
        set { state.withLock { $0.hasMadePlace = newValue } }
    }

    /// Keeps the place's own reconciler from making it at the same time; ends with the walk.
    var reservation: PlaceMaker.Reservation? {
        get { state.withLock { $0.reservation } }
        set { state.withLock { $0.reservation = newValue } }
    }

    /// The attempt for which the intents of provisioning are recorded.
    var intentsRecorded: Int? {
        get { state.withLock { $0.intentsRecorded } }
        set { state.withLock { $0.intentsRecorded = newValue } }
    }
}

/// Where a run begins: stored before its Job exists, so that what it pushes can be told from what was there.
struct BranchStand: Equatable {
    /// The head of the base branch.
    var base: String
    /// The head of the run's branch; `nil` when there is none.
    var head: String?

    /// Whether the branch holds something that base does not, so that the two have to be compared.
    var needsComparison: Bool { head != nil && head != base }
}
