// SPDX-License-Identifier: MIT
import JSONCoding
import SourceProvider
import Testing

@testable import AgentControllers

@Suite struct ReviewHealingTests {
    static let other = SourceActor(id: 8, login: "ann", isBot: false)

    static func review(
        _ id: Int64, _ state: String = "CHANGES_REQUESTED", by author: SourceActor = AdmissionPlanTests.person,
        commit: String? = "head", isSent: Bool = true
    ) -> PullRequestReview {
        PullRequestReview(
            id: id, author: author, state: state, body: "", commit: commit,
            submittedAt: isSent ? Timestamp(microseconds: id) : nil)
    }

    @Test(arguments: [
        ([], nil), ([review(1)], 1), ([review(1), review(2)], 2), ([review(2), review(1)], 2),
        // What was pushed since answers it; so do dismissal and approval, but not a comment.
        ([review(1, commit: "older")], nil), ([review(1, commit: nil)], nil), ([review(1, "DISMISSED")], nil),
        ([review(1), review(2, "APPROVED")], nil), ([review(1), review(2, "COMMENTED")], 1),
        ([review(1), review(2, commit: "older")], nil),
        // Each reviewer speaks for themselves; a review that was not sent says nothing.
        ([review(1), review(2, "APPROVED", by: other)], 1), ([review(1), review(2, by: other)], 2),
        ([review(1, isSent: false)], nil), ([review(1), review(2, "PENDING", isSent: false)], 1),
    ] as [([PullRequestReview], Int64?)])
    func theNewestUnansweredRequestIsFound(reviews: [PullRequestReview], expected: Int64?) {
        #expect(ReviewHealing.unanswered(reviews, head: "head")?.id == expected)
    }
}
