// SPDX-License-Identifier: MIT
import Dispatch
import Glibc
import Synchronization

/// A signal that a process is asked to stop by, or told something by.
package struct Signal: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The number, as in `signal(7)`.
    package let rawValue: Int32

    /// Wraps a number.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// What Kubernetes and init systems send to stop a process.
    package static let terminate = Signal(rawValue: SIGTERM)
    /// Control-C at a terminal.
    package static let interrupt = Signal(rawValue: SIGINT)
    /// A terminal went away.
    package static let hangUp = Signal(rawValue: SIGHUP)

    /// The name, such as `SIGTERM`.
    package var description: String {
        switch self {
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        case .hangUp: "SIGHUP"
        default: "signal \(rawValue)"
        }
    }
}

/// The signals that this process receives, from the moment the sequence is made until it and its iterators are gone.
///
/// A process that is PID 1 in a container has no default action for SIGTERM: without this it would be deaf until it is
/// killed. Signals that arrive faster than they are read are kept up to a small number; the rest would tell nothing
/// new.
package struct SignalSequence: AsyncSequence, Sendable {
    package typealias Element = Signal
    package typealias AsyncIterator = AsyncStream<Signal>.AsyncIterator

    /// The signals as the concrete stream behind the sequence.
    let stream: AsyncStream<Signal>

    /// Starts to catch `signals`.
    ///
    /// Asynchronous, because Dispatch installs its handlers on a thread of its own: when this returns, none of the
    /// signals ends the process any more.
    package init(_ signals: [Signal]) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingOldest(8))
        let sources = SignalSources()
        for signal in signals {
            await withCheckedContinuation { installed in
                sources.add(signal, installed: { installed.resume() }, handler: { continuation.yield(signal) })
            }
        }
        continuation.onTermination = { @Sendable _ in sources.cancel() }
        self.stream = stream
    }

    /// Reads the signals; a second iterator would share them with the first.
    package func makeAsyncIterator() -> AsyncIterator {
        stream.makeAsyncIterator()
    }
}

/// The Dispatch sources behind a sequence. They are not `Sendable`, so they live behind a lock.
private final class SignalSources: Sendable {
    private let queue = DispatchQueue(label: "codex-k8s.signals")
    private let sources = Mutex<[any DispatchSourceSignal]>([])

    /// Catches one signal; `installed` is called once its handler is in place.
    func add(_ signal: Signal, installed: @escaping @Sendable () -> Void, handler: @escaping @Sendable () -> Void) {
        sources.withLock { sources in
            let source = DispatchSource.makeSignalSource(signal: signal.rawValue, queue: queue)
            source.setEventHandler { @Sendable in handler() }
            source.setRegistrationHandler { @Sendable in installed() }
            source.resume()
            sources.append(source)
        }
    }

    func cancel() {
        sources.withLock { sources in
            for source in sources { source.cancel() }
            sources = []
        }
    }
}
