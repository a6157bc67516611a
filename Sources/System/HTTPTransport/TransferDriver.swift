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
    }

    private enum Phase {
        case idle, running, shutDown
    }

    private struct State {
        var phase = Phase.idle
        var nextID = 0
        var commands: [Command] = []
    }

    private let configuration: HTTPClient.Configuration
    private let multi = MultiHandle()
    private let state = Mutex(State())

    init(configuration: HTTPClient.Configuration) {
        self.configuration = configuration
    }

    /// Begins a transfer; the receiver learns everything else.
    func start(_ request: ClientRequest, _ receiver: any TransferReceiver) -> Int {
        let (id, mustStart, isShutDown) = state.withLock { state -> (Int, Bool, Bool) in
            state.nextID += 1
            guard state.phase != .shutDown else { return (state.nextID, false, true) }
            state.commands.append(.start(id: state.nextID, request, receiver))
            defer { state.phase = .running }
            return (state.nextID, state.phase == .idle, false)
        }
        if isShutDown {
            receiver.finished(HTTPClientError(.shutDown, url: request.url, detail: "no request is sent any more"))
        } else if mustStart {
            startThread()
        } else {
            multi.wakeUp()
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
            state.commands.append(command)
            return state.commands.count == 1
        }
        if mustWake { multi.wakeUp() }
    }

    private func startThread() {
        // A serial queue of its own is a thread of its own, and one that no task can be starved by.
        DispatchQueue(label: "codex-k8s.http").async { @Sendable [self] in
            let loop = TransferLoop(multi: multi, configuration: configuration)
            loop.run { self.takeCommands() }
        }
    }

    /// All commands since the last call; nil once the client was shut down and nothing is left to begin.
    private func takeCommands() -> TransferLoop.Work {
        state.withLock { state in
            defer { state.commands.removeAll(keepingCapacity: true) }
            return TransferLoop.Work(commands: state.commands, isLast: state.phase == .shutDown)
        }
    }
}
