// SPDX-License-Identifier: MIT
import CCurl
import HTTPTypes

/// The header lines and the body of a request, in one piece of memory that stays where it is while libcurl reads it.
struct RequestMemory: ~Copyable {
    /// A header field that may not be sent.
    struct BadField: Error {
        let name: String
    }

    private let base: UnsafeMutableRawPointer
    /// The lines, linked as libcurl wants them.
    let lines: UnsafeMutablePointer<curl_slist>?
    /// The body; never without an address, which would mean to libcurl that there is none.
    let body: UnsafeMutableRawPointer
    /// The body's length.
    let bodyCount: Int

    /// Copies what is to be sent.
    ///
    /// - Parameters:
    ///   - defaults: lines for names that `headers` does not have. One that ends with a colon keeps libcurl from adding
    ///     a field of its own.
    /// - Throws: when a line end in a name or value would be a second header, or a second request.
    init(_ headers: HTTPHeaders, defaults: [(name: String, line: String)], body: [UInt8]) throws(BadField) {
        var size = body.count + 1
        var count = 0
        for (name, value) in headers {
            guard HeaderRules.isName(name), HeaderRules.isValue(value) else { throw BadField(name: name) }
            // A colon and a space, or a semicolon; and the end.
            size += name.utf8.count + value.utf8.count + 3
            count += 1
        }
        var extra: [String] = []
        for (name, line) in defaults where headers[name] == nil {
            size += line.utf8.count + 1
            extra.append(line)
        }
        count += extra.count

        let room = MemoryLayout<curl_slist>.stride * count
        base = .allocate(byteCount: room + size, alignment: MemoryLayout<curl_slist>.alignment)
        let nodes = base.bindMemory(to: curl_slist.self, capacity: count)
        var writer = Writer(next: base + room, nodes: nodes)
        for (name, value) in headers {
            // An empty value would mean that libcurl is to leave the field away.
            if value.isEmpty { writer.addLine(name, ";") } else { writer.addLine(name, ": ", value) }
        }
        for line in extra { writer.addLine(line) }
        lines = writer.finish()
        self.body = writer.next
        bodyCount = body.count
        body.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { writer.next.copyMemory(from: start, byteCount: bytes.count) }
        }
    }

    deinit { base.deallocate() }

    private struct Writer {
        var next: UnsafeMutableRawPointer
        let nodes: UnsafeMutablePointer<curl_slist>
        var count = 0

        mutating func addLine(_ parts: String...) {
            let start = next
            for part in parts {
                var part = part
                part.withUTF8 { bytes in
                    guard let address = bytes.baseAddress else { return }
                    next.copyMemory(from: address, byteCount: bytes.count)
                    next += bytes.count
                }
            }
            next.storeBytes(of: 0, as: UInt8.self)
            next += 1
            let node = curl_slist(data: start.assumingMemoryBound(to: CChar.self), next: nil)
            (nodes + count).initialize(to: node)
            if count > 0 { nodes[count - 1].next = nodes + count }
            count += 1
        }

        func finish() -> UnsafeMutablePointer<curl_slist>? { count > 0 ? nodes : nil }
    }
}
