// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Synchronization
import SystemCalls

/// The one thread that owns every child of this process.
///
/// Others post commands and are woken through continuations. That children are started here as well has a reason: the
/// kernel sends the parent-death signal when the *thread* that started the child ends, and this thread never does.
final class Reaper: Sendable {
    static let shared = Reaper()

    enum Command: Sendable {
        case spawn(ChildProcess.Configuration, CheckedContinuation<Result<RunningProcess, ChildProcessError>, Never>)
        case write(UInt64, [UInt8], CheckedContinuation<Bool, Never>)
        case closeInput(UInt64)
        case signal(UInt64, ProcessSignal, toGroup: Bool)
        case terminate(UInt64, grace: Duration)
        case expire(UInt64, after: Duration)
        case resumeOutput(UInt64)
    }

    private let commands = Mutex<[Command]>([])
    private let adoptsOrphans = Atomic<Bool>(false)
    private let wakeUp: Int32
    private let epoll: Int32

    private init() {
        wakeUp = clinux_eventfd()
        epoll = clinux_epoll_create()
        precondition(wakeUp >= 0 && epoll >= 0, "no descriptors left for the thread that looks after children")
        clinux_epoll_set(epoll, EPOLL_CTL_ADD, wakeUp, CLINUX_EPOLL_READABLE, .max)
        let started = clinux_start_thread(
            { context in
                guard let context else { return nil }
                let reaper = Unmanaged<Reaper>.fromOpaque(context).takeRetainedValue()
                ReaperLoop(reaper: reaper, epoll: reaper.epoll).run()
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(started == 0, "no thread left to look after children")
    }

    func spawn(_ configuration: ChildProcess.Configuration) async throws(ChildProcessError) -> RunningProcess {
        let outcome = await withCheckedContinuation { post(.spawn(configuration, $0)) }
        return try outcome.get()
    }

    func becomeSubreaper() throws(SystemError) {
        if clinux_become_subreaper() != 0 { throw SystemError(call: "prctl", code: errno) }
        adoptsOrphans.store(true, ordering: .relaxed)
    }

    func post(_ command: Command) {
        commands.withLock { $0.append(command) }
        var one: UInt64 = 1
        Glibc.write(wakeUp, &one, 8)
    }

    func takeCommands() -> [Command] {
        var count: UInt64 = 0
        Glibc.read(wakeUp, &count, 8)
        return commands.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }

    var mustReapOrphans: Bool { adoptsOrphans.load(ordering: .relaxed) }
}
