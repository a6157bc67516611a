// SPDX-License-Identifier: MIT
import Cryptography
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignatureTests {
    private struct Claims: Codable, Equatable {
        var iss: String
        var exp: Int
    }

    @Test func signatureHoldsForItsMessageAlone() throws {
        let key = try RSAPrivateKey.generate()
        let again = try RSAPrivateKey(pem: key.pem())
        let signature = try again.signSHA256([1, 2, 3])
        let publicKey = try RSAPublicKey(pem: key.publicKeyPEM())
        #expect(publicKey.verifySHA256(signature, of: [1, 2, 3]))
        #expect(!publicKey.verifySHA256(signature, of: [1, 2, 4]))
        #expect(!publicKey.verifySHA256(Array(signature.dropLast()), of: [1, 2, 3]))
        #expect(!publicKey.verifySHA256([], of: [1, 2, 3]))
        #expect("\(key)" == "‹redacted›")
    }

    @Test func tokenCarriesItsClaims() throws {
        let key = try RSAPrivateKey.generate()
        let claims = Claims(iss: "4711/x", exp: 1_790_000_000)
        let token = try JSONWebToken.sign(claims, with: key)
        #expect(token.hasPrefix("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."))
        #expect(try JSONWebToken.verify(token, as: Claims.self, with: key.publicKey()) == claims)
    }

    @Test func headersAndClaimsThatAreNotAsAgreedAreRefused() throws {
        struct Bare: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode("no object")
            }
        }
        let key = try RSAPrivateKey.generate()
        let publicKey = try key.publicKey()
        #expect(throws: DecodingError.self) {
            try JSONWebToken.verify(try JSONWebToken.sign(Bare(), with: key), as: Claims.self, with: publicKey)
        }
        for (header, claims) in [
            ("{\"alg\":\"RS256\"}", "{"), ("{\"alg\":\"HS256\"}", "{}"), ("[]", "{}"), ("{\"alg\":1}", "{}"), ("{", "{}"),
        ] {
            let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
            let token = signed + "." + Base64URL.encode(try key.signSHA256(Array(signed.utf8)))
            let error = #expect(throws: CryptographyError.self) {
                try JSONWebToken.verify(token, as: Claims.self, with: publicKey)
            }
            #expect(error?.code == .malformedToken, "\(header) \(claims)")
        }
    }

    @Test func foreignOrAlteredTokensAreRefused() throws {
        let key = try RSAPrivateKey.generate()
        let publicKey = try key.publicKey()
        let token = try JSONWebToken.sign(Claims(iss: "a", exp: 1), with: key)
        let parts = token.split(separator: ".").map(String.init)
        let forged = Base64URL.encode(Array(#"{"iss":"b","exp":1}"#.utf8))
        let unsigned = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        let cases: [(String, CryptographyError.Code)] = [
            ("\(parts[0]).\(forged).\(parts[2])", .badSignature),
            ("\(unsigned).\(parts[1]).", .malformedToken),
            ("\(parts[0]).\(parts[1])", .malformedToken),
            ("", .malformedToken), ("a.b.c", .malformedToken),
            (try JSONWebToken.sign(Claims(iss: "a", exp: 1), with: .generate()), .badSignature),
        ]
        for (token, code) in cases {
            let error = #expect(throws: CryptographyError.self) {
                try JSONWebToken.verify(token, as: Claims.self, with: publicKey)
            }
            #expect(error?.code == code, "\(token)")
        }
    }

    @Test(arguments: ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    func unreadableKeysAreRefused(pem: String) {
        let error = #expect(throws: CryptographyError.self) { try RSAPrivateKey(pem: pem) }
        #expect(error?.code == .malformedKey)
        #expect(throws: CryptographyError.self) { try RSAPublicKey(pem: pem) }
    }

    @Test func ellipticKeyIsNoRSAKey() throws {
        let authority = try CertificateAuthority.create(commonName: "test")
        let error = #expect(throws: CryptographyError.self) { try RSAPrivateKey(pem: authority.privateKeyPEM()) }
        #expect(error?.detail == "not an RSA key")
    }
}
