// SPDX-License-Identifier: MIT
import CCurl

/// The set of running transfers with their shared connections.
///
/// Everything but ``wakeUp()`` belongs to the transport's thread. `@unchecked Sendable`, because libcurl allows exactly
/// that one call from other threads while the handle lives, and a reference keeps it alive.
final class MultiHandle: @unchecked Sendable {
    private let pointer: UnsafeMutableRawPointer
    /// The connections' sockets; closed by the clean-up at the latest.
    let sockets = SocketRegistry()

    /// libcurl's own set-up, which must happen once and before any thread uses it.
    private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    init() {
        precondition(Self.library == CURLE_OK, "libcurl cannot be set up")
        guard let pointer = curl_multi_init() else { preconditionFailure("out of memory") }
        self.pointer = pointer
    }

    /// Runs when neither the client nor the thread needs it; by then every transfer was removed.
    deinit {
        // Says good-bye on TLS connections, to peers that may be gone.
        withoutPipeSignals { _ = curl_multi_cleanup(pointer) }
    }

    /// Ends a ``poll(milliseconds:)`` that waits or comes next. From any thread.
    func wakeUp() {
        curl_multi_wakeup(pointer)
    }

    func set(_ option: CURLMoption, _ value: Int) {
        _ = ccurl_multi_setopt_long(pointer, option, value)
    }

    func add(_ easy: EasyHandle) -> Bool {
        curl_multi_add_handle(pointer, easy.pointer) == CURLM_OK
    }

    func remove(_ easy: EasyHandle) {
        curl_multi_remove_handle(pointer, easy.pointer)
    }

    /// Makes transfers that wait for a connection try again. libcurl does that when a transfer is removed, not when a
    /// limit changes.
    func reconsiderWaitingTransfers() {
        guard let probe = EasyHandle(), add(probe) else { return }
        remove(probe)
    }

    /// Moves every transfer on as far as it goes without waiting.
    func perform() {
        var running: Int32 = 0
        _ = curl_multi_perform(pointer, &running)
    }

    /// The next transfer that is over, with its result.
    func nextFinished() -> (easy: EasyHandle, code: CURLcode)? {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(pointer, &remaining) {
            if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle.flatMap(EasyHandle.at) {
                return (easy, ccurl_message_result(message))
            }
        }
        return nil
    }

    /// Waits for the network, a timer of libcurl, ``wakeUp()``, or the time given.
    func poll(milliseconds: Int32) {
        _ = curl_multi_poll(pointer, nil, 0, milliseconds, nil)
    }
}
