// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import KubernetesClient
import Testing

@Suite struct RetryPolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var method: HTTPMethod
        var reason: APIError.Reason
        var retryAfter: Duration?
        var mayHaveBeenDone: Bool?
        var cause: HTTPClientError.Code?
        var isRepeated: Bool
        var testDescription: String { "\(method) \(reason) \(String(describing: retryAfter))" }
    }

    @Test(arguments: [
        Case(method: .get, reason: .transport, isRepeated: true),
        Case(method: .get, reason: .internalError, isRepeated: true),
        Case(method: .get, reason: .serviceUnavailable, isRepeated: true),
        Case(method: .get, reason: .tooManyRequests, isRepeated: true),
        Case(method: .get, reason: .notFound, isRepeated: false),
        Case(method: .get, reason: .expired, isRepeated: false),
        Case(method: .get, reason: .cancelled, isRepeated: false),
        Case(method: .post, reason: .transport, isRepeated: false),
        Case(method: .post, reason: .transport, mayHaveBeenDone: false, isRepeated: true),
        Case(method: .post, reason: .internalError, isRepeated: false),
        // Not our guess but the server's word: try again then.
        Case(method: .post, reason: .timeout, retryAfter: .seconds(1), isRepeated: true),
        Case(method: .post, reason: .timeout, isRepeated: false),
        Case(method: .post, reason: .tooManyRequests, isRepeated: true),
        Case(method: .post, reason: .tooManyRequests, retryAfter: .seconds(1), isRepeated: true),
        Case(method: .patch, reason: .serviceUnavailable, isRepeated: false),
        Case(method: .patch, reason: .serviceUnavailable, retryAfter: .seconds(1), isRepeated: true),
        Case(method: .delete, reason: .conflict, isRepeated: false),
        Case(method: .delete, reason: .conflict, retryAfter: .seconds(1), isRepeated: false),
        Case(method: .get, reason: .transport, cause: .connectionLost, isRepeated: true),
        // The time for the answer is over, and the same answer takes as long again.
        Case(method: .get, reason: .transport, cause: .timeout, isRepeated: false),
        Case(method: .get, reason: .transport, cause: .idleTimeout, isRepeated: true),
        Case(method: .get, reason: .transport, cause: .tls, isRepeated: false),
        Case(method: .post, reason: .transport, mayHaveBeenDone: false, cause: .tls, isRepeated: false),
        Case(method: .post, reason: .transport, mayHaveBeenDone: false, cause: .connectionFailed, isRepeated: true),
        Case(method: .get, reason: .notLeading, isRepeated: false),
    ])
    func `what is repeated`(test: Case) {
        let error = APIError(
            reason: test.reason, message: "", retryAfter: test.retryAfter, mayHaveBeenDone: test.mayHaveBeenDone,
            cause: test.cause)
        let delay = RetryPolicy().delay(method: test.method, error: error, attempt: 1, waited: .zero, random: 0.5)
        #expect((delay != nil) == test.isRepeated)
    }

    @Test func `delays double, are spread, and stop growing`() {
        let policy = RetryPolicy(
            maximumAttempts: 100, waitingBudget: .seconds(1000), initialDelay: .milliseconds(100),
            maximumDelay: .seconds(1))
        let error = APIError(reason: .transport, message: "")
        func delay(_ attempt: Int, _ random: Double) -> Duration? {
            policy.delay(method: .get, error: error, attempt: attempt, waited: .zero, random: random)
        }
        #expect((1...6).map { delay($0, 1) } == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        #expect(delay(3, 0) == .zero)
        #expect(delay(3, 0.5) == .milliseconds(200))
    }

    @Test func `the server's time is the least that is waited`() {
        let error = APIError(reason: .tooManyRequests, message: "", retryAfter: .seconds(3))
        for random in [0.0, 0.5, 1] {
            let delay = RetryPolicy().delay(method: .post, error: error, attempt: 1, waited: .zero, random: random)
            #expect(delay == .seconds(3) + .milliseconds(1500) * random)
        }
    }

    @Test func `attempts and waiting are bounded`() {
        #expect(RetryPolicy().maximumAttempts == 10)
        let policy = RetryPolicy(maximumAttempts: 3, waitingBudget: .seconds(10))
        let error = APIError(reason: .tooManyRequests, message: "", retryAfter: .seconds(4))
        func delay(attempt: Int, waited: Duration) -> Duration? {
            policy.delay(method: .get, error: error, attempt: attempt, waited: waited, random: 0)
        }
        #expect(delay(attempt: 2, waited: .seconds(6)) != nil)
        #expect(delay(attempt: 3, waited: .zero) == nil)
        #expect(delay(attempt: 2, waited: .seconds(7)) == nil)
        #expect(RetryPolicy.never.delay(method: .get, error: error, attempt: 1, waited: .zero, random: 0) == nil)
    }
}
