// SPDX-License-Identifier: MIT
import CCurl

/// A failed call of libcurl.
struct CurlFailure: Error {
    let code: CURLcode

    /// The library's words for it.
    var text: String { String(cString: curl_easy_strerror(code)) }
}

/// One reusable transfer of libcurl, prepared once for a route. It stays on the transport's thread: libcurl's handles
/// are not thread-safe.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// Who is told what libcurl has to say; set from before the handle is added to a multi handle until it was removed.
    unowned(unsafe) var transfer: Transfer?
    /// The host that the Host header names where the URL has another one.
    var authority: String?
    /// Connect-to entry for ``TLSOptions/serverName``; libcurl reads it during transfers.
    var connectTo = StringList()
    /// Where libcurl writes the particulars of an error; it must not move.
    private let errorText: UnsafeMutablePointer<CChar>

    /// Makes a handle; nil only without memory.
    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        errorText.deallocate()
    }

    /// Takes back what belongs to one request; connections and the DNS cache belong to the multi handle and stay.
    func forgetRequest() {
        transfer = nil
        errorText.pointee = 0
        _ = ccurl_setopt_pointer(pointer, CURLOPT_HTTPHEADER, nil)
        _ = ccurl_set_body(pointer, nil, 0)
    }

    /// What went wrong in the last transfer, or the general words for `code`.
    func description(of code: CURLcode) -> String {
        errorText.pointee == 0 ? CurlFailure(code: code).text : String(cString: errorText)
    }

    /// Asks for error texts.
    func collectErrorText() throws(CurlFailure) {
        try check(ccurl_setopt_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlFailure) {
        try check(ccurl_setopt_long(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: Bool) throws(CurlFailure) {
        try set(option, value ? 1 : 0)
    }

    /// Sets text, or takes the option back with nil.
    func set(_ option: CURLoption, _ value: String?) throws(CurlFailure) {
        try check(ccurl_setopt_string(pointer, option, value))
    }

    /// Sets a pointer that the caller keeps valid until the transfer is over.
    func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) throws(CurlFailure) {
        try check(ccurl_setopt_pointer(pointer, option, value))
    }

    /// Sets bytes, which libcurl copies.
    func set(_ option: CURLoption, blob: String) throws(CurlFailure) {
        let bytes = Array(blob.utf8)
        try check(ccurl_setopt_blob(pointer, option, bytes, bytes.count))
    }

    /// Sets the request body; the caller keeps it where it is until the transfer is over.
    func setBody(_ bytes: UnsafeMutableRawPointer, count: Int) throws(CurlFailure) {
        try check(ccurl_set_body(pointer, bytes, count))
    }

    /// Makes libcurl tell this object what happens, which then tells ``transfer``.
    func listen() throws(CurlFailure) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try set(CURLOPT_PRIVATE, pointer: context)
        try set(CURLOPT_WRITEDATA, pointer: context)
        try check(ccurl_setopt_data_callback(pointer, CURLOPT_WRITEFUNCTION, bodyArrived))
        try set(CURLOPT_HEADERDATA, pointer: context)
        try check(ccurl_setopt_data_callback(pointer, CURLOPT_HEADERFUNCTION, headerArrived))
        try check(ccurl_set_prerequest(pointer, aboutToSend, context))
    }

    /// The handle that libcurl speaks of; nil for one that does not ``listen()``.
    static func at(_ pointer: UnsafeMutableRawPointer) -> EasyHandle? {
        var context: UnsafeMutableRawPointer?
        guard ccurl_getinfo_pointer(pointer, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else { return nil }
        return Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    }

    /// Bytes handed to connections so far, those of CONNECT to a proxy included. libcurl counts over its own repetitions.
    var sentBytes: Int {
        var bytes = 0
        return ccurl_getinfo_long(pointer, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK ? bytes : 0
    }

    private func check(_ code: CURLcode) throws(CurlFailure) {
        if code != CURLE_OK { throw CurlFailure(code: code) }
    }
}

/// C callbacks run on the transport's thread inside calls of libcurl, where the transfer is alive.
private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.flatMap { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue().transfer }
}

private func bodyArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = transfer(context) else { return 0 }
    return transfer.receivedBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private func headerArrived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = transfer(context) else { return 0 }
    let length = size * count
    // Any other number than the length ends the transfer.
    return transfer.receivedHeader(UnsafeRawBufferPointer(start: bytes, count: length)) ? length : length + 1
}

private func aboutToSend(
    _ context: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
    _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
    guard let transfer = transfer(context) else { return CURL_PREREQFUNC_ABORT }
    return transfer.maySend(localPort: Int(localPort)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

/// A list of addresses in libcurl's form; it must outlive the transfer that uses it.
struct StringList: ~Copyable {
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?

    init() {}

    deinit {
        curl_slist_free_all(pointer)
    }

    /// Adds a line, which libcurl copies.
    mutating func append(_ line: String) {
        // Without memory libcurl answers nil and leaves the list as it was.
        if let longer = curl_slist_append(pointer, line) { pointer = longer }
    }
}
