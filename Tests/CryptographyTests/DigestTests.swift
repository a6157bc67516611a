// SPDX-License-Identifier: MIT
import Cryptography
import Testing

@Suite(.timeLimit(.minutes(1))) struct DigestTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func digestsOfTheStandard(text: String, digest: String) {
        #expect(Hex.encode(SHA256.digest(text)) == digest)
        #expect(SHA256.hexDigest(Array(text.utf8)) == digest)
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var digest = SHA256.Incremental()
        digest.update(bytes[..<1])
        digest.update(AnySequence(bytes[1..<500]))
        let half = digest
        digest.update(bytes[500...])
        #expect(digest.finish() == SHA256.digest(bytes))
        #expect(half.finish() == SHA256.digest(Array(bytes[..<500])))
        #expect(digest.finish() == SHA256.digest(bytes), "finishing must not end the digest")
    }

    // RFC 4231, cases 1, 2 and 6 (a key longer than the block).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func codesOfTheStandard(key: [UInt8], text: String, code: String) {
        let key = HMACKey(bytes: key)
        #expect(Hex.encode(key.sign(Array(text.utf8))) == code)
        var incremental = key.incremental()
        for byte in text.utf8 { incremental.update([byte]) }
        #expect(Hex.encode(incremental.finish()) == code)
        #expect(key.verify(incremental.finish(), of: Array(text.utf8)))
        #expect(!key.verify(incremental.finish(), of: Array((text + ".").utf8)))
        #expect(!key.verify([], of: Array(text.utf8)))
    }

    @Test func emptyKeyAndEmptyTextHaveACode() {
        let expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(Hex.encode(HMACKey(bytes: []).sign([])) == expected)
    }

    @Test func keysPrintNothing() {
        let key = HMACKey("hunter2")
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "‹redacted›" && !dumped.contains("hunter2"))
    }

    @Test func constantTimeEquality() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2], [1, 2]))
        #expect(!constantTimeEquals([1, 2], [1, 3]))
        #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
    }

    // RFC 9562 appendix A.4.
    @Test func namedIdentifierOfTheStandard() {
        let dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
        #expect(uuidVersion5(namespace: dns, name: "www.example.com") == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
        #expect(uuidVersion5(namespace: "no uuid", name: "www.example.com") == nil)
    }

    @Test func randomIdentifiersDiffer() {
        let ids = Set((0..<100).map { _ in uuidVersion4() })
        #expect(ids.count == 100)
        #expect(ids.allSatisfy { $0.utf8.count == 36 && Array($0)[14] == "4" && "89ab".contains(Array($0)[19]) })
        #expect(RandomBytes.generate(0).isEmpty)
    }
}
