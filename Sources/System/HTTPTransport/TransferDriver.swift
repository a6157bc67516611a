// SPDX-License-Identifier: MIT
import Dispatch
import Synchronization

/// The way from any task to the thread that owns libcurl: a queue of commands and a wake-up.
final class TransferDriver: Sendable {
    /// What a task can ask for.
    enum Command: Sendable {
        case start(id: Int, ClientRequest, any TransferReceiver)
        case resume(Int)
        case cancel(Int)
        case retire(TLSOptions, after: Duration)
    }

    private enum Phase {
        case idle, running, shutDown
    }

    private struct State {
        var phase = Phase.idle
        var nextID = 0
        var commands: [Command] = []
        /// Whether the thread waits for the network, or is about to, and has to be woken for a command.
        var isWaiting = false

        /// Notes a command; whether its writer has to wake the thread.
        mutating func add(_ command: Command) -> Bool {
            commands.append(command)
            defer { isWaiting = false }
            return isWaiting
        }
    }

    private let configuration: HTTPClient.Configuration
    private let multi = MultiHandle()
    private let state = Mutex(State())

    init(configuration: HTTPClient.Configuration) {
        self.configuration = configuration
    }

    /// Begins a transfer; the receiver learns everything else.
    func start(_ request: ClientRequest, _ receiver: any TransferReceiver) -> Int {
        // One critical section: a shutdown in between would leave a request that nobody ever answers.
        let (id, before, mustWake) = state.withLock { state -> (Int, Phase, Bool) in
            let before = state.phase
            state.nextID += 1
            guard before != .shutDown else { return (state.nextID, before, false) }
            state.phase = .running
            let mustWake = state.add(.start(id: state.nextID, request, receiver))
            return (state.nextID, before, mustWake)
        }
        switch before {
        case .idle: startThread()
        case .running: if mustWake { multi.wakeUp() }
        case .shutDown:
            receiver.finished(HTTPClientError(.shutDown, url: request.url, detail: "no request is sent any more"))
        }
        return id
    }

    /// Lets a paused transfer go on. An unknown or finished one is no mistake: its end may just have crossed.
    func resume(_ id: Int) {
        post(.resume(id))
    }

    /// Ends a transfer without telling its receiver; unknown and finished ones are no mistake.
    func cancel(_ id: Int) {
        post(.cancel(id))
    }

    /// Ends, after a while, the connections made with these options that are still in use then.
    func retire(_ tls: TLSOptions, after delay: Duration) {
        post(.retire(tls, after: delay))
    }

    /// Ends all transfers and the thread.
    func shutdown() {
        let wasRunning = state.withLock { state in
            defer { state.phase = .shutDown }
            return state.phase == .running
        }
        if wasRunning { multi.wakeUp() }
    }

    private func post(_ command: Command) {
        let mustWake = state.withLock { state in
            guard state.phase == .running else { return false }
            return state.add(command)
        }
        if mustWake { multi.wakeUp() }
    }

    private func startThread() {
        // A serial queue of its own is a thread of its own, and one that no task can be starved by.
        DispatchQueue(label: "codex-k8s.http").async { @Sendable [self] in
            withoutPipeSignals {
                let loop = TransferLoop(multi: multi, configuration: configuration)
                loop.run(takeWork: { self.takeCommands() }, mayWait: { self.mayWait() })
            }
        }
    }

    /// Asked by the thread before it waits: from a yes on, whoever has a command wakes it, and until then nobody need.
    private func mayWait() -> Bool {
        state.withLock { state in
            state.isWaiting = state.commands.isEmpty && state.phase != .shutDown
            return state.isWaiting
        }
    }

    /// All commands since the last call, and whether there will be more.
    private func takeCommands() -> TransferLoop.Work {
        state.withLock { state in
            defer { state.commands.removeAll(keepingCapacity: true) }
            state.isWaiting = false
            return TransferLoop.Work(commands: state.commands, isLast: state.phase == .shutDown)
        }
    }
}
