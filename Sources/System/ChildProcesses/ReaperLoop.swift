// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import SystemCalls

/// The body of the reaper's thread and everything that only it may touch.
final class ReaperLoop {
    private let reaper: Reaper
    private let epoll: Int32
    private var children: [UInt64: Child] = [:]
    private var nextToken: UInt64 = 0

    init(reaper: Reaper, epoll: Int32) {
        self.reaper = reaper
        self.epoll = epoll
    }

    func run() -> Never {
        var tokens = [UInt64](repeating: 0, count: 64)
        var events = [UInt32](repeating: 0, count: 64)
        while true {
            let count = clinux_epoll_wait(epoll, &tokens, &events, 64, timeout())
            for index in 0..<max(0, Int(count)) {
                if tokens[index] == .max {
                    for command in reaper.takeCommands() { run(command) }
                } else if let child = children[tokens[index] >> 2] {
                    child.isReady(Child.Channel(token: tokens[index]))
                }
            }
            let now = ContinuousClock.now
            for (token, child) in children {
                child.passTime(now)
                if child.hasEnded { children[token] = nil }
            }
            if reaper.mustReapOrphans { reapOrphans() }
        }
    }

    /// Milliseconds until something has to happen without an event; -1 for never.
    private func timeout() -> Int32 {
        let next = children.values.compactMap(\.deadline).min()
        // Orphans announce themselves to nobody, so they are looked for now and then while there may be some.
        let longest: Int32 = reaper.mustReapOrphans && !children.isEmpty ? 1_000 : -1
        guard let next else { return longest }
        let left = ContinuousClock.now.duration(to: next)
        // Rounded up: waking too early would spin.
        let (seconds, attoseconds) = left.components
        let milliseconds =
            left <= .zero ? 0 : Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
        return longest < 0 ? milliseconds : min(milliseconds, longest)
    }

    private func run(_ command: Reaper.Command) {
        switch command {
        case .spawn(let configuration, let continuation): continuation.resume(returning: spawn(configuration))
        case .write(let token, let bytes, let continuation):
            if let child = children[token] {
                child.write(bytes, continuation)
            } else {
                continuation.resume(returning: false)
            }
        case .closeInput(let token): children[token]?.closeInput()
        case .signal(let token, let signal, let toGroup): children[token]?.signal(signal.rawValue, toGroup: toGroup)
        case .terminate(let token, let grace): children[token]?.terminate(grace: grace)
        case .expire(let token, let timeout): children[token]?.expire(after: timeout)
        case .resumeOutput(let token): children[token]?.resumeOutput()
        }
    }

    private func spawn(_ configuration: ChildProcess.Configuration) -> Result<RunningProcess, ChildProcessError> {
        do throws(ChildProcessError) {
            var spawner = Spawner()
            let spawned = try spawner.start(configuration)
            let token = nextToken
            nextToken += 1
            let process = RunningProcess(processID: spawned.processID, token: token, configuration: configuration)
            let child = Child(spawned, process: process, epoll: epoll, configuration: configuration)
            children[token] = child
            return .success(process)
        } catch {
            return .failure(error)
        }
    }

    private func reapOrphans() {
        let own = Set(children.values.map(\.process.processID))
        while true {
            let orphan = clinux_peek_any_exited_child()
            // One of ours is reaped when its handle says so, with its output.
            guard orphan > 0, !own.contains(orphan), clinux_reap(orphan) == 0 else { return }
        }
    }
}
