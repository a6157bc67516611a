// SPDX-License-Identifier: MIT
import AgentAPI
import Cryptography
import GitHubEvents
package import HTTPServing
import HTTPTypes
import JSONCoding
import KubernetesAPI
package import ServiceRuntime

/// The HTTP side of `POST /webhooks/github`: checks the header before the body is read, the signature before anything
/// is parsed, and answers within its deadline.
package struct WebhookReceiver: Sendable {
    /// Where GitHub delivers to.
    package static let path = "/webhooks/github"
    /// GitHub's own limit of a payload, 25 MB.
    package static let maximumBodyBytes = 25_000_000
    /// What is parsed on the server's thread at most: a fraction of a millisecond. Payloads are 10 to 30 kB as a rule.
    private static let atOnceBytes = 64 << 10

    private let key: HMACKey
    private let intake: RunIntake
    private let creator: any RunCreator
    private let metrics: WebhookMetrics
    private let logger: Logger
    private let clock: WallClock
    private let answerDeadline: Duration

    /// - Parameters:
    ///   - secret: the webhook's secret; callers refuse an empty one.
    ///   - answerDeadline: the time to create a run; the sender waits no longer than ten seconds.
    package init(
        secret: Secret<String>, intake: RunIntake, creator: any RunCreator, metrics: MetricsRegistry, logger: Logger,
        clock: WallClock = .system, answerDeadline: Duration = .milliseconds(4500)
    ) {
        key = HMACKey(secret.reveal())
        self.intake = intake
        self.creator = creator
        self.metrics = WebhookMetrics(metrics)
        self.logger = logger
        self.clock = clock
        self.answerDeadline = answerDeadline
    }

    /// Sets what the server has to do before this receiver is asked: limits, early refusals, hashing while reading.
    package func configure(_ configuration: inout ServerConfiguration) {
        configuration.maximumBodyBytes = Self.maximumBodyBytes
        configuration.bodyBudgetBytes = 64_000_000
        configuration.bodyDeadline = .seconds(10)
        configuration.singleHeaders.formUnion(DeliveryHead.singleFields)
        configuration.admit = { refuseEarly($0) }
        configuration.answerAtOnce = { answerAtOnce($0) }
        configuration.bodyTap = { [key] head in
            head.path == Self.path ? SignatureTap(code: key.incremental()) : nil
        }
        configuration.renderError = { error in
            // What the server refuses by itself (too long, too many, ambiguous) counts like what is refused here.
            let outcome = error.status.rawValue >= 500 ? WebhookOutcome.failed(error) : .refused(error)
            metrics.record(nil, outcome, duration: nil)
            return error.response
        }
    }

    /// Adds the route.
    package func add(to router: inout Router) {
        router.add(.post, Self.path) { await receive($0) }
    }

    /// Runs on the server's thread: it looks at the header alone.
    private func refuseEarly(_ head: ServerRequest) -> ServerResponse? {
        guard head.path == Self.path else {
            // Nothing else here takes a body, so nobody gets to send one.
            let hasBody = head.headers["Transfer-Encoding"] != nil || (head.headers["Content-Length"] ?? "0") != "0"
            return hasBody ? HTTPError(.notFound, reason: "notFound", "nothing here takes a body").response : nil
        }
        guard head.method == .post else { return nil }
        do throws(HTTPError) {
            _ = try DeliveryHead(head)
            return nil
        } catch {
            return finish(Report(outcome: .refused(error)), start: nil)
        }
    }

    /// What is refused or ignored needs no task: that is most of what arrives.
    private func answerAtOnce(_ request: ServerRequest) -> ServerResponse? {
        guard request.path == Self.path, request.method == .post, request.body.count <= Self.atOnceBytes else {
            return nil
        }
        let start = ContinuousClock.now
        guard case .done(let report) = judge(request) else { return nil }
        return finish(report, start: start)
    }

    /// Answers a whole delivery.
    package func receive(_ request: ServerRequest) async -> ServerResponse {
        let start = ContinuousClock.now
        switch judge(request) {
        case .done(let report):
            return finish(report, start: start)
        case .create(let run, var report):
            report.outcome = await create(run)
            return finish(report, start: start)
        }
    }

    /// An outcome and what is known of the delivery.
    private struct Report {
        var outcome: WebhookOutcome
        var head: DeliveryHead?
        /// Set once the delivery is verified and understood.
        var event: GitHubEvent?
    }

    private enum Verdict {
        case done(Report)
        case create(AgentRun, Report)
    }

    /// Checks the signature over the raw body, reads it and decides.
    private func judge(_ request: ServerRequest) -> Verdict {
        let receivedAt = clock.now()
        let head: DeliveryHead
        do throws(HTTPError) {
            head = try DeliveryHead(request)
        } catch {
            return .done(Report(outcome: .refused(error)))
        }
        // Without a tap, as in tests that call this directly, the body is hashed here.
        guard head.signature.matches(request.tapResult ?? key.sign(request.body)) else {
            let error = HTTPError(
                .unauthorized, reason: "signatureMismatch", "the signature is not one of this body")
            return .done(Report(outcome: .refused(error), head: head))
        }
        let event: GitHubEvent
        do throws(MalformedEvent) {
            event = try GitHubEvent.decode(head.kind, request.body)
        } catch {
            // Signed, and still not what GitHub sends: somebody has to look at the hook.
            logger.warning("webhook delivery is malformed", ["delivery": head.id, "problem": error.description])
            let refusal = HTTPError(.badRequest, reason: "malformed", error.description)
            return .done(Report(outcome: .refused(refusal), head: head))
        }
        switch intake.decide(Delivery(id: head.id, event: event, receivedAt: receivedAt)) {
        case .ignore(let reason):
            return .done(Report(outcome: .ignored(reason), head: head, event: event))
        case .create(let run):
            let report = Report(outcome: .accepted(run: run.metadata.name), head: head, event: event)
            return .create(run, report)
        }
    }

    private func create(_ run: AgentRun) async -> WebhookOutcome {
        let name = run.metadata.name
        do {
            let creation = try await withDeadline(answerDeadline, for: "creating the AgentRun") { [creator] in
                try await creator.create(run)
            }
            return creation == .created ? .accepted(run: name) : .duplicate(run: name)
        } catch let failure as RunCreationFailure where failure.isPermanent {
            logger.error("AgentRun refused by the API server", ["run": name, "error": failure.description])
            return .failed(
                HTTPError(.internalServerError, reason: "rejected", "the cluster refused the run; see the edge's log"))
        } catch {
            logger.warning("AgentRun not created", ["run": name, "error": String(describing: error)])
            return .failed(
                HTTPError(
                    .serviceUnavailable, reason: "unavailable", "the cluster does not take the run now",
                    headers: ["Retry-After": "10"]))
        }
    }

    /// Counts, logs and renders the outcome.
    private func finish(_ report: Report, start: ContinuousClock.Instant?) -> ServerResponse {
        metrics.record(report.head?.kind, report.outcome, duration: start.map { ContinuousClock.now - $0 })
        // Only what was verified is worth a line at info: anybody can cause the rest, as often as they like.
        logger.log(report.event == nil ? .debug : .info, "webhook delivery", Self.particulars(report))
        return report.outcome.response
    }

    private static func particulars(_ report: Report) -> [String: String] {
        var fields = ["result": report.outcome.result]
        if !report.outcome.reason.isEmpty { fields["reason"] = report.outcome.reason }
        if let head = report.head {
            fields["delivery"] = head.id
            fields["event"] = head.kind.rawValue
        }
        if let action = report.event?.action { fields["action"] = action }
        if let repository = report.event?.repository { fields["repository"] = repository.fullName }
        switch report.outcome {
        case .accepted(let run), .duplicate(let run): fields["run"] = run
        case .ignored, .refused, .failed: break
        }
        return fields
    }
}

/// Computes the signature's code while the body is read.
private struct SignatureTap: BodyTap {
    var code: HMACKey.Incremental

    mutating func update(_ bytes: [UInt8]) { code.update(bytes) }
    func finish() -> [UInt8] { code.finish() }
}
