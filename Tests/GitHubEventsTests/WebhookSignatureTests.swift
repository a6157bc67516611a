// SPDX-License-Identifier: MIT
import Cryptography
import GitHubEvents
import Testing

@Suite(.timeLimit(.minutes(1))) struct WebhookSignatureTests {
    /// The example of GitHub's documentation.
    @Test func documentedExampleHolds() throws {
        let key = HMACKey("It's a Secret to Everybody")
        let signature = try #require(
            WebhookSignature("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"))
        #expect(signature.matches(Array("Hello, World!".utf8), key: key))
        #expect(!signature.matches(Array("Hello, World".utf8), key: key))
        #expect(!signature.matches(Array("Hello, World!".utf8), key: HMACKey("another")))
        #expect(!signature.matches([]))
    }

    @Test(arguments: [
        "", "sha256=", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1700",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043eZZ",
        " sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
        "SHA256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ])
    func otherShapesAreNoSignature(field: String) {
        #expect(WebhookSignature(field) == nil)
    }
}
