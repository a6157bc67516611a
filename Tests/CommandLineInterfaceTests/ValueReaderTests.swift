// SPDX-License-Identifier: MIT
import Testing

@testable import CommandLineInterface

@Suite struct ValueReaderTests {
    @Test(
        arguments: [
            ("250ms", .milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h30m", .seconds(5400)),
            ("0s", .zero),
            ("", nil), ("5", nil), ("s", nil), ("-5s", nil), ("5 s", nil), ("1.5h", nil), ("5d", nil), ("٣s", nil),
            ("99999999999999999999s", nil), ("9223372036854775807h", nil), ("999999h999999h999999h999999h", nil),
        ] as [(String, Duration?)])
    func durations(text: String, value: Duration?) {
        #expect(ValueReader.duration.read(text) == value)
    }

    @Test(arguments: [
        ("127.0.0.1:0", ListenAddress(host: "127.0.0.1", port: 0)),
        ("localhost:65535", ListenAddress(host: "localhost", port: 65535)),
        ("[::1]:80", ListenAddress(host: "::1", port: 80)), ("::1:80", nil), (":80", nil), ("host", nil),
        ("host:", nil),
        ("host:65536", nil), ("host:-1", nil), ("host:+1", nil), ("[]:1", nil),
    ])
    func addresses(text: String, value: ListenAddress?) {
        #expect(ValueReader.address.read(text) == value)
        if let value { #expect(value.description == text) }
    }

    @Test(arguments: [
        ("http://x", true), ("https://x", true), ("http://", false), ("ftp://x", false), ("", false), ("x", false),
    ])
    func urls(text: String, isURL: Bool) {
        #expect((ValueReader.url("http", "https").read(text) != nil) == isURL)
    }

    @Test(arguments: [
        ("0", 0), ("10", 10), ("11", nil), ("-1", nil), ("+1", nil), ("1.0", nil), ("", nil), (" 1", nil),
    ])
    func integers(text: String, value: Int?) {
        #expect(ValueReader.integer(0...10).read(text) == value)
    }
}
