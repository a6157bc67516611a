// SPDX-License-Identifier: MIT
import Dispatch
import Glibc
import ServiceRuntime
import Synchronization
import Testing

/// What the thread sanitizer has to understand of Swift, and that it sees what it is for.
///
/// Every test shares plain memory between threads and orders it by one means. A report here means that the sanitizer
/// does not see that means, and then its other reports say nothing.
@Suite(.timeLimit(.minutes(2))) struct SanitizerTests {
    /// Memory that nothing guards.
    private final class Plain: @unchecked Sendable {
        nonisolated(unsafe) var value = 0
    }

    /// A flag that orders nothing.
    private final class Mark: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    private let tasks = 8
    private let rounds = 2_000

    @Test func `a mutex that is fought over orders what it guards`() async {
        let guarded = Mutex(())
        let plain = Plain()
        await together { _ in guarded.withLock { _ in plain.value += 1 } }
        #expect(plain.value == tasks * rounds)
    }

    @Test func `an actor orders what it guards`() async {
        actor Owner {
            let plain = Plain()
            func add() { plain.value += 1 }
            var value: Int { plain.value }
        }
        let owner = Owner()
        await together { _ in await owner.add() }
        #expect(await owner.value == tasks * rounds)
    }

    @Test(arguments: [true, false])
    func `a continuation hands over what was written before it was resumed`(isResumedFirst: Bool) async {
        let queue = DispatchQueue(label: "codex-k8s.sanitizer")
        for round in 0..<50 {
            let plain = Plain()
            let isResumed = Mark()
            plain.value = round
            await withCheckedContinuation { continuation in
                queue.async { @Sendable in
                    plain.value += 1
                    continuation.resume()
                    isResumed.set()
                }
                // Nothing is ordered by this but that the task finds its continuation resumed.
                while isResumedFirst, !isResumed.isSet { sched_yield() }
            }
            #expect(plain.value == round + 1)
        }
    }

    @Test func `a throwing continuation hands over what was written before it was resumed`() async {
        let queue = DispatchQueue(label: "codex-k8s.sanitizer")
        await together { round in
            guard round % 20 == 0 else { return }
            let plain = Plain()
            try? await withCheckedThrowingContinuation { continuation in
                queue.async { @Sendable in
                    plain.value += 1
                    if round % 40 == 0 {
                        continuation.resume()
                    } else {
                        continuation.resume(throwing: CancellationError())
                    }
                }
            }
            #expect(plain.value == 1)
        }
    }

    @Test func `a serial queue orders what its blocks do`() async {
        let queue = DispatchQueue(label: "codex-k8s.sanitizer")
        let plain = Plain()
        await together { _ in queue.async { @Sendable in plain.value += 1 } }
        await withCheckedContinuation { continuation in queue.async { @Sendable in continuation.resume() } }
        #expect(plain.value == tasks * rounds)
    }

    @Test func `the pool for blocking calls orders what goes through it`() async throws {
        let pool = BlockingPool(name: "codex-k8s.sanitizer", width: 3)
        await together { round in
            guard round % 50 == 0 else { return }
            let mine = Plain()
            mine.value = round
            let seen = try? await pool.run {
                mine.value += 1
                return mine.value
            }
            #expect(seen == round + 1 && mine.value == round + 1)
        }
    }

    @Test func `a flag hands over what was written before it was set`() async {
        let plain = Plain()
        let isReady = Flag()
        async let reader: Int = Task.detached {
            while !isReady.isSet { sched_yield() }
            return plain.value
        }.value
        plain.value = 7
        isReady.set()
        #expect(await reader == 7)
    }

    /// hack/sanitize.sh runs this by itself and expects a report: a run that cannot fail would prove nothing.
    @Test(.enabled(if: getenv("CODEXK8S_SEEDED_RACE") != nil))
    func `memory that nothing orders is reported`() async {
        let plain = Plain()
        await together { _ in plain.value += 1 }
    }

    private func together(_ body: @escaping @Sendable (_ round: Int) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask { @concurrent in
                    for round in 0..<rounds { await body(round) }
                }
            }
        }
    }
}
