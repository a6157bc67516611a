// SPDX-License-Identifier: MIT
import HTTPTransport
import HTTPTypes
import JSONCoding
import ServiceRuntime
import Synchronization

/// Sends queued webhooks: once each, signed, several at a time and so in no promised order, like GitHub.
///
/// A delivery that fails is logged and never repeated by itself. What is queued waits while no address is known, and
/// survives a restart.
package final class WebhookDispatcher: Service {
    /// GitHub waits ten seconds for an answer.
    private static let timeout = Duration.seconds(10)
    private static let parallelism = 8

    private struct State {
        var address: String?
        var dropNext = 0
        var inFlight: Set<Int64> = []
    }

    private let store: ForgeStore
    private let secret: Secret<String>
    private let client: HTTPClient
    private let logger: Logger
    private let state: Mutex<State>
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    init(store: ForgeStore, secret: Secret<String>, address: String?, client: HTTPClient, logger: Logger) {
        self.store = store
        self.secret = secret
        self.client = client
        self.logger = logger
        state = Mutex(State(address: address))
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Where webhooks go; nil keeps them waiting.
    package var address: String? { state.withLock { $0.address } }

    /// Says where webhooks go from now on, and sends what has waited for that.
    package func setAddress(_ address: String?) {
        state.withLock { $0.address = address }
        wakeUp.yield()
    }

    /// Makes the next deliveries get lost on the way.
    package func dropNext(_ count: Int) {
        state.withLock { $0.dropNext = count }
    }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                for await _ in store.newDeliveries { wakeUp.yield() }
            }
            wakeUp.yield()
            for await _ in wakeUps {
                for (delivery, address) in due() { group.addTask { await self.deliver(delivery, to: address) } }
            }
            group.cancelAll()
        }
    }

    /// Takes what can be sent now.
    private func due() -> [(ForgeDelivery, String)] {
        let snapshot = store.snapshot
        let pending = snapshot.pendingDeliveries.sorted().compactMap { snapshot.deliveries[$0] }
        return state.withLock { state in
            guard let address = state.address else { return [] }
            let free = Self.parallelism - state.inFlight.count
            let taken = pending.filter { !state.inFlight.contains($0.id) }.prefix(max(0, free))
            state.inFlight.formUnion(taken.map(\.id))
            return taken.map { ($0, address) }
        }
    }

    private func deliver(_ delivery: ForgeDelivery, to address: String) async {
        let isDropped = state.withLock { state in
            guard state.dropNext > 0 else { return false }
            state.dropNext -= 1
            return true
        }
        let start = ContinuousClock.now
        let outcome = isDropped ? .failed(reason: "dropped by a switch") : await send(delivery, to: address)
        let spent = start.duration(to: .now)
        defer {
            state.withLock { _ = $0.inFlight.remove(delivery.id) }
            wakeUp.yield()
        }
        // Stopped in the middle: it stays pending and is sent at the next start.
        guard let outcome else { return }
        var done = delivery
        done.outcome = outcome
        done.deliveredAt = store.now
        done.milliseconds = Int(spent / .milliseconds(1))
        let record = done
        do {
            try await store.commit(baseURL: "") { $0.put(.delivery(record)) }
        } catch {
            logger.warning("webhook outcome not recorded", ["delivery": delivery.guid, "error": "\(error)"])
        }
    }

    private func send(_ delivery: ForgeDelivery, to address: String) async -> ForgeDelivery.Outcome? {
        let body = Array(delivery.payload.utf8)
        var request = ClientRequest(method: .post, url: address)
        request.headers = [
            "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/codex-k8s-stand-in", "Accept": "*/*",
            "X-GitHub-Event": delivery.event, "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature-256": WebhookSigning.signature(of: body, secret: secret.reveal()),
        ]
        request.body = body
        request.timeout = Self.timeout
        do {
            let response = try await client.send(request, maximumBodyBytes: 1 << 20)
            return .answered(status: response.status.rawValue)
        } catch {
            guard !Task.isCancelled else { return nil }
            logger.info("webhook not delivered", ["delivery": delivery.guid, "error": "\(error)"])
            return .failed(reason: "failed to connect: \(error.code)")
        }
    }
}
