// SPDX-License-Identifier: MIT
import CCurl

/// A URL whose host was replaced, and how to reach the host that it had.
struct RenamedURL: Equatable {
    /// The URL with the new host.
    let url: String
    /// Host and port as the original URL had them, for the Host header.
    let originalAuthority: String
    /// `new-host:port:old-host:port`, as CURLOPT_CONNECT_TO takes it.
    let connectTo: String

    /// Nil if the URL or the name is not valid.
    init?(_ original: String, host: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, original, 0) == CURLUE_OK,
            let oldHost = Self.part(CURLUPART_HOST, of: handle),
            let port = Self.part(CURLUPART_PORT, of: handle, UInt32(CURLU_DEFAULT_PORT)),
            curl_url_set(handle, CURLUPART_HOST, host, 0) == CURLUE_OK,
            let url = Self.part(CURLUPART_URL, of: handle)
        else { return nil }
        self.url = url
        originalAuthority = Self.part(CURLUPART_PORT, of: handle).map { "\(oldHost):\($0)" } ?? oldHost
        connectTo = "\(host):\(port):\(oldHost):\(port)"
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
