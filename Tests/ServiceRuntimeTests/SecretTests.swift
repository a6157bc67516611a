// SPDX-License-Identifier: MIT
import Testing

@testable import ServiceRuntime

@Suite struct SecretTests {
    @Test func noTextShowsTheValue() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump([secret], to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])",
            "\(Optional(secret) as Any)", dumped,
        ]
        for text in texts { #expect(!text.contains("hunter2") && !text.isEmpty) }
        #expect("\(secret)" == "‹redacted›")
    }

    @Test func revealAndMapGiveTheValue() {
        #expect(Secret("a").map { $0 + "b" }.reveal() == "ab")
    }
}
