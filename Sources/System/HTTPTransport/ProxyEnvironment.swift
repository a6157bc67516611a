// SPDX-License-Identifier: MIT
import Glibc

/// The proxies that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name, read as Go's programs read them
/// (golang.org/x/net/http/httpproxy), kubectl among them: libcurl differs in `NO_PROXY`, in loopback, in upper case.
package struct ProxyEnvironment: Sendable {
    private let http: String
    private let https: String
    private let exceptions: [Exception]

    /// What `NO_PROXY` excepts.
    private enum Exception: Sendable {
        case everything
        case network(IPAddress, prefix: Int)
        case address(IPAddress, port: String)
        /// With the dot in front; `isWhole` lets the domain itself match too.
        case domain(String, port: String, isWhole: Bool)
    }

    /// Reads the variables; upper case goes before lower case.
    package init(_ environment: [String: String]) {
        func value(_ name: String) -> String {
            for name in [name, name.lowercased()] {
                if let value = environment[name], !value.isEmpty { return value }
            }
            return ""
        }
        http = value("HTTP_PROXY")
        https = value("HTTPS_PROXY")
        exceptions = value("NO_PROXY").split(separator: ",").compactMap(Self.exception)
    }

    /// The proxy's URL for a request to a host; nil when the host is reached directly.
    package func proxy(scheme: String, host: String, port: Int) -> String? {
        let proxy = scheme == "https" ? https : http
        guard !proxy.isEmpty, !isExcepted(host.lowercased(), port: String(port)) else { return nil }
        return proxy.contains("://") ? proxy : "http://" + proxy
    }

    private func isExcepted(_ host: String, port: String) -> Bool {
        let address = IPAddress(host)
        if host == "localhost" || address?.isLoopback == true { return true }
        return exceptions.contains { exception in
            switch exception {
            case .everything: true
            case .network(let network, let prefix): address?.isIn(network, prefix: prefix) == true
            case .address(let other, let only): address == other && (only.isEmpty || only == port)
            case .domain(let domain, let only, let isWhole):
                (host.hasSuffix(domain) || (isWhole && host == domain.dropFirst())) && (only.isEmpty || only == port)
            }
        }
    }

    private static func exception(_ entry: Substring) -> Exception? {
        let text = String(entry.filter { $0 != " " && $0 != "\t" }).lowercased()
        if text == "*" { return .everything }
        if let slash = text.firstIndex(of: "/") {
            guard let network = IPAddress(String(text[..<slash])), let prefix = Int(text[text.index(after: slash)...]),
                (0...network.bytes.count * 8).contains(prefix)
            else { return nil }
            return .network(network, prefix: prefix)
        }
        let (host, port) = split(text)
        if let address = IPAddress(host) { return .address(address, port: port) }
        let domain = host.hasPrefix("*.") ? String(host.dropFirst()) : host
        guard !domain.isEmpty else { return nil }
        return domain.hasPrefix(".")
            ? .domain(domain, port: port, isWhole: false) : .domain("." + domain, port: port, isWhole: true)
    }

    /// Host and port of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
    private static func split(_ text: String) -> (host: String, port: String) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            return (String(text[text.index(after: text.startIndex)..<end]), String(rest.drop { $0 == ":" }))
        }
        guard let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon else { return (text, "") }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}

/// An address of IPv4 (4 bytes) or IPv6 (16).
private struct IPAddress: Sendable, Equatable {
    let bytes: [UInt8]

    /// Reads the usual notations, with or without brackets; nil for anything else.
    init?(_ text: String) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, bare, &buffer) == 1 {
            bytes = Array(buffer[..<4])
        } else if inet_pton(AF_INET6, bare, &buffer) == 1 {
            // An IPv4 address in IPv6's clothes is the IPv4 address.
            let mapped = buffer[..<10].allSatisfy { $0 == 0 } && buffer[10] == 0xFF && buffer[11] == 0xFF
            bytes = mapped ? Array(buffer[12...]) : buffer
        } else {
            return nil
        }
    }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    func isIn(_ network: IPAddress, prefix: Int) -> Bool {
        guard bytes.count == network.bytes.count else { return false }
        return (0..<prefix).allSatisfy { bit in
            (bytes[bit / 8] ^ network.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}
