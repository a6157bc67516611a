// SPDX-License-Identifier: MIT
import CCurl

/// A failed call of libcurl.
struct CurlFailure: Error {
    let code: CURLcode

    /// The library's words for it.
    var text: String { String(cString: curl_easy_strerror(code)) }
}

/// One reusable transfer of libcurl. It stays on the transport's thread: libcurl's handles are not thread-safe.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
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

    /// Takes back every option; connections and the DNS cache belong to the multi handle and stay.
    func reset() {
        curl_easy_reset(pointer)
        errorText.pointee = 0
    }

    /// What went wrong in the last transfer, or the general words for `code`.
    func description(of code: CURLcode) -> String {
        errorText.pointee == 0 ? CurlFailure(code: code).text : String(cString: errorText)
    }

    /// Asks for error texts; part of the options that ``reset()`` takes back.
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

    /// Sets the function for body or header bytes.
    func set(_ option: CURLoption, callback: @escaping ccurl_data_callback) throws(CurlFailure) {
        try check(ccurl_setopt_data_callback(pointer, option, callback))
    }

    /// Sets the request body, which libcurl copies.
    func setBody(_ bytes: [UInt8]) throws(CurlFailure) {
        // An empty array may have no address, and no address means "no body" to libcurl.
        try check(bytes.isEmpty ? ccurl_set_body(pointer, "", 0) : ccurl_set_body(pointer, bytes, bytes.count))
    }

    /// Sets the function that is asked before a request is sent.
    func setPrerequest(
        _ callback: @escaping curl_prereq_callback, context: UnsafeMutableRawPointer
    ) throws(CurlFailure) {
        try check(ccurl_set_prerequest(pointer, callback, context))
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

/// A list of header lines or addresses in libcurl's form; it must outlive the transfer that uses it.
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
