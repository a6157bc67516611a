// SPDX-License-Identifier: MIT
import CMicrohttpd
import Glibc
import HTTPTypes

/// The library's daemon: one thread with epoll that calls the functions below.
///
/// Sendable because the pointer is used to start, quiesce and stop only, each once and in this order.
final class Daemon: @unchecked Sendable {
    private let pointer: OpaquePointer
    private let delegate: RequestIntake

    /// Takes the socket over.
    init(socket: ListeningSocket, configuration: ServerConfiguration, intake: RequestIntake) throws(HTTPServerError) {
        var settings = cmhd_settings()
        settings.listen_socket = socket.descriptor
        settings.connection_limit = UInt32(clamping: configuration.connectionLimit)
        settings.per_address_limit = UInt32(clamping: configuration.perAddressLimit)
        // A stalled reader of an answer is cut off by silence; everything else has a deadline of its own.
        settings.idle_seconds = UInt32(clamping: max(1, configuration.idleDeadline.components.seconds))
        settings.memory_limit = 32 << 10
        settings.context = Unmanaged.passUnretained(intake).toOpaque()
        settings.on_request_line = onRequestLine
        settings.on_request = onRequest
        settings.on_completed = onCompleted
        settings.on_connection = onConnection
        func start() -> OpaquePointer? {
            guard let tls = configuration.tls else { return cmhd_start(&settings) }
            return tls.certificatePEM.withCString { certificate in
                tls.keyPEM.withCString { key in
                    settings.certificate_pem = certificate
                    settings.key_pem = key
                    return cmhd_start(&settings)
                }
            }
        }
        guard let pointer = start() else {
            close(socket.descriptor)
            let detail = configuration.tls == nil ? "" : "do certificate and key belong together?"
            throw HTTPServerError(
                code: .startFailed, address: "\(configuration.host):\(configuration.port)", detail: detail)
        }
        self.pointer = pointer
        self.delegate = intake
    }

    /// Accepts no further connection and frees the port.
    func quiesce() {
        let descriptor = MHD_quiesce_daemon(pointer)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Ends the thread; blocks until it is gone. No connection may be suspended.
    func stop() {
        MHD_stop_daemon(pointer)
    }
}

// The functions below are called on the library's thread. They stand outside of any type and actor: a closure formed in
// an isolated context would check for its executor and crash there. None of them may wait.

private func onRequestLine(
    context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let intake = RequestIntake.from(context), let target, let connection else { return nil }
    let exchange = intake.requestLine(String(cString: target), connectionID: connectionID(connection))
    return Unmanaged.passRetained(exchange).toOpaque()
}

private func onRequest(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?, path: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
    uploadCount: UnsafeMutablePointer<Int>?, state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let intake = RequestIntake.from(context), let connection, let method, let version, let uploadCount,
        let opaque = state?.pointee
    else { return .NO }
    let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeUnretainedValue()
    let handle = ConnectionHandle(pointer: connection)
    var step: Exchange.Step
    if exchange.isNew {
        step = intake.header(
            exchange, method: String(cString: method), version: String(cString: version),
            fields: headerFields(connection), connection: handle, connectionID: connectionID(connection))
        if case .respond = step { intake.connections.answeredEarly(connectionID(connection)) }
    } else if uploadCount.pointee > 0 {
        step = exchange.receive(UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee))
        uploadCount.pointee = 0
    } else {
        step = exchange.proceed(renderError: intake.configuration.renderError)
    }
    if case .handle(let request) = step {
        step = intake.handle(exchange, request, connectionID: connectionID(connection))
    }
    switch step {
    case .read, .handle:
        return .YES
    case .respond(let response, let close):
        return queue(response, close: close, exchange, handle, intake) ? .YES : .NO
    case .disconnect:
        return .NO
    }
}

private func onCompleted(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
    guard let opaque = state?.pointee else { return }
    state?.pointee = nil
    let exchange = Unmanaged<Exchange>.fromOpaque(opaque).takeRetainedValue()
    exchange.complete()
    if let connection { RequestIntake.from(context)?.connections.requestCompleted(connectionID(connection)) }
}

private func onConnection(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, event: MHD_ConnectionNotificationCode
) {
    guard let intake = RequestIntake.from(context), let connection, let socketContext else { return }
    switch event {
    case .CONNECTION_NOTIFY_STARTED:
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isKnown = cmhd_peer_address(connection, &text, text.count) != 0
        let address = isKnown ? text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } : nil
        let id = intake.connections.opened(
            descriptor: cmhd_connection_descriptor(connection), remoteAddress: address ?? "")
        // The number itself travels in the pointer: nothing to free.
        socketContext.pointee = UnsafeMutableRawPointer(bitPattern: id)
    case .CONNECTION_NOTIFY_CLOSED:
        intake.connections.closed(Int(bitPattern: socketContext.pointee))
    default:
        break
    }
}

private func connectionID(_ connection: OpaquePointer) -> ConnectionTable.ID {
    Int(bitPattern: cmhd_socket_context(connection))
}

private func headerFields(_ connection: OpaquePointer) -> [(name: [UInt8], value: [UInt8])] {
    var fields: [(name: [UInt8], value: [UInt8])] = []
    withUnsafeMutablePointer(to: &fields) { pointer in
        _ = MHD_get_connection_values_n(
            connection, .HEADER_KIND,
            { context, _, name, nameCount, value, valueCount in
                let fields = context?.assumingMemoryBound(to: [(name: [UInt8], value: [UInt8])].self)
                fields?.pointee.append(
                    (
                        name: [UInt8](UnsafeRawBufferPointer(start: name, count: name == nil ? 0 : nameCount)),
                        value: [UInt8](UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount))
                    ))
                return .YES
            }, pointer)
    }
    return fields
}

// MARK: - Answering

private func queue(
    _ response: ServerResponse, close: Bool, _ exchange: Exchange, _ connection: ConnectionHandle,
    _ intake: RequestIntake
) -> Bool {
    var isStream = false
    var made: OpaquePointer?
    switch response.body {
    case .bytes(let bytes):
        // These have no content by definition; sending some would be read as the next answer.
        let status = response.status.rawValue
        let content = status < 200 || status == 204 || status == 304 ? [] : bytes
        made = content.withUnsafeBytes { cmhd_response_copying($0.baseAddress, $0.count) }
    case .stream:
        isStream = true
        if let stream = exchange.attachStream(connection) {
            made = MHD_create_response_from_callback(
                cmhd_size_unknown, 64 << 10, readStream, Unmanaged.passRetained(stream).toOpaque(), freeStream)
            intake.connections.streamingStarted(connectionID(connection.pointer))
        } else {
            made = cmhd_response_copying(nil, 0)
        }
    }
    guard let made else { return false }
    defer { MHD_destroy_response(made) }
    for (name, value) in response.headers {
        // The library refuses line breaks and what would contradict its own framing; leaving such a field out is safe.
        _ = MHD_add_response_header(made, name, value)
    }
    if close || isStream { _ = MHD_add_response_header(made, "Connection", "close") }
    return MHD_queue_response(connection.pointer, UInt32(response.status.rawValue), made) == .YES
}

private func readStream(
    context: UnsafeMutableRawPointer?, position: UInt64, target: UnsafeMutablePointer<CChar>?, count: Int
) -> Int {
    guard let context, let target else { return cmhd_end_with_error }
    let stream = Unmanaged<StreamBuffer>.fromOpaque(context).takeUnretainedValue()
    return stream.read(into: UnsafeMutableRawBufferPointer(start: target, count: count))
}

private func freeStream(context: UnsafeMutableRawPointer?) {
    if let context { Unmanaged<StreamBuffer>.fromOpaque(context).release() }
}
