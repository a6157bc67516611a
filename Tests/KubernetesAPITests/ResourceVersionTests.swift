// SPDX-License-Identifier: MIT
import KubernetesAPI
import Testing

@Suite struct ResourceVersionTests {
    @Test(arguments: ["1", "9", "10", "99999999999999999999", "340282366920938463463374607431768211456"])
    func `decimal integers of any size are versions`(text: String) {
        #expect(ResourceVersion(text)?.text == text)
    }

    @Test(arguments: ["", "0", "01", "-1", "+1", "1.0", "1e3", "0x1", " 1", "1 ", "a", "١"])
    func `anything else is not`(text: String) {
        #expect(ResourceVersion(text) == nil)
    }

    @Test func `longer is newer, else the greater text`() throws {
        let ascending = try [
            "1", "2", "9", "10", "11", "99", "100", "18446744073709551615", "18446744073709551616",
            "100000000000000000000",
        ].map { try #require(ResourceVersion($0)) }
        for (position, version) in ascending.enumerated() {
            for (other, against) in ascending.enumerated() {
                #expect((version < against) == (position < other))
                #expect((version == against) == (position == other))
            }
        }
        #expect(ascending.shuffled().sorted() == ascending)
    }
}
