// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding

/// What a run waits for, whoever says so: its pod, the code host, somebody's decision that is due.
struct Awaited: Equatable {
    var state: WaitState
    /// For people.
    var reason: String
    /// When it is expected to end.
    var until: Timestamp?
}

/// What is known of what a run waits for.
enum Awaiting: Equatable {
    /// It is known that the run waits for nothing.
    case nothing
    /// The run waits.
    case something(Awaited)
    /// Nobody can be asked now: the pod has ended, or its words cannot be read.
    case unknown
}

/// What becomes of a run that waits, or has to: pure, and the same for every kind of wait.
enum RunWaitPlan: Equatable {
    /// Nothing changes.
    case keep
    /// A wait begins: the clock stops.
    case enter(Awaited)
    /// Something else is waited for: the clock stands still on.
    case change(Awaited)
    /// The wait is over: the clock goes on, in the same pod.
    case leave
    /// The wait is long: the pod is ended, and its session is kept.
    case endPod
    /// The wait is over: the attempt goes on in a new pod.
    case goOn

    /// - Parameters:
    ///   - wait: the status's wait; `nil` while the run works.
    ///   - hasPod: whether a pod waits with the run.
    ///   - waitLimit: how long it may.
    static func decide(
        wait: AgentRunStatus.WaitStatus?, hasPod: Bool, awaiting: Awaiting, waitLimit: Duration, now: Timestamp
    ) -> RunWaitPlan {
        switch (wait, awaiting) {
        case (nil, .something(let awaited)): return hasPod ? .enter(awaited) : .keep
        case (nil, _): return .keep
        case (_?, .nothing): return hasPod ? .leave : .goOn
        case (let wait?, .unknown):
            // A pod that cannot be heard may be working; without one, the time that was named decides.
            guard !hasPod, let until = wait.until, now >= until else { return .keep }
            return .goOn
        case (let wait?, .something(let awaited)):
            if hasPod, let since = wait.since, now.since(since) >= waitLimit { return .endPod }
            let isSame = wait.state == awaited.state.rawValue && wait.reason == awaited.reason
                && wait.until == awaited.until?.wholeSeconds
            return isSame ? .keep : .change(awaited)
        }
    }

    /// When a wait whose pod was ended is looked into again, if nobody says before that it is over.
    static func until(_ wait: AgentRunStatus.WaitStatus?, waitLimit: Duration, now: Timestamp) -> Timestamp {
        if let until = wait?.until, until > now { return until }
        return now.adding(waitLimit).wholeSeconds
    }
}
