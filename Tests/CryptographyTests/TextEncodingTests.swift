// SPDX-License-Identifier: MIT
import Cryptography
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

    @Test(arguments: ["6", "6g", "0x66", "66 "])
    func malformedHexIsRefused(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
