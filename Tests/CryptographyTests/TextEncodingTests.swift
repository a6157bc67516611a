// SPDX-License-Identifier: MIT
import Cryptography
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct TextEncodingTests {
    // RFC 4648 section 10.
    @Test(arguments: [
        ("", "", "", ""), ("f", "Zg==", "my", "66"), ("fo", "Zm8=", "mzxq", "666f"),
        ("foo", "Zm9v", "mzxw6", "666f6f"), ("foob", "Zm9vYg==", "mzxw6yq", "666f6f62"),
        ("fooba", "Zm9vYmE=", "mzxw6ytb", "666f6f6261"), ("foobar", "Zm9vYmFy", "mzxw6ytboi", "666f6f626172"),
    ])
    func vectorsOfTheStandard(text: String, base64: String, base32: String, hex: String) {
        let bytes = Array(text.utf8)
        #expect(Base64.encode(bytes) == base64)
        #expect(Base64.decode(base64) == bytes)
        #expect(Base64URL.encode(bytes) == base64.filter { $0 != "=" })
        #expect(Base64URL.decode(base64.filter { $0 != "=" }) == bytes)
        #expect(Base32.encode(bytes) == base32)
        #expect(Hex.encode(bytes) == hex)
        #expect(Hex.decode(hex.uppercased()) == bytes)
    }

    @Test func alphabetsDiffer() {
        let bytes: [UInt8] = [0xfb, 0xff, 0xfe]
        #expect(Base64.encode(bytes) == "+//+")
        #expect(Base64URL.encode(bytes) == "-__-")
        #expect(Base64URL.decode("+//+") == nil)
        #expect(Base64.decode("-__-") == nil)
    }

    @Test(arguments: ["Zg=", "Zg", "Z===", "Zh==", "Zg==Zg==", "Zm 9", "====", "Zg=g"])
    func malformedBase64IsRefused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zm9v\nYmFy\n", " Zm9vYmFy", "Zm9v\r\n  YmFy", "Zm-9v_YmFy", "Zm9v\u{FEFF}YmFy", "Zm9vYmFy"])
    func foreignCharactersArePassedOverWhereAskedFor(text: String) {
        #expect(Base64.decodeLeniently(text) == Array("foobar".utf8))
    }

    @Test func lenientReadingAgreesWithFoundation() throws {
        var generator = SystemRandomNumberGenerator()
        for length in 0..<200 {
            let bytes = (0...length % 50).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            var text = Base64.encode(bytes)
            for junk in ["\n", " ", "-", "\"", "ü"] {
                text.insert(contentsOf: junk, at: text.indices.randomElement(using: &generator) ?? text.startIndex)
            }
            #expect(Base64.decodeLeniently(text) == bytes)
            #expect(Data(base64Encoded: text, options: .ignoreUnknownCharacters).map { Array($0) } == bytes)
        }
    }

    // Go's decoder, which kubectl reads a kubeconfig with, ignores bits after the last byte, too.
    @Test(arguments: [("Zh==", "f"), ("Zm9=", "fo")])
    func lenientReadingIgnoresTheLastBits(text: String, expected: String) {
        #expect(Base64.decodeLeniently(text) == Array(expected.utf8))
    }

    @Test(arguments: ["Zg=", "Zg", "Z===", "Zg==Zg==", "====", "Zg=g", "=Zg=", "%%%", " "])
    func lenientReadingWantsWholeGroups(text: String) {
        #expect(Base64.decodeLeniently(text) == nil)
    }

    @Test(arguments: ["6", "6g", "0x66", "66 "])
    func malformedHexIsRefused(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
