// SPDX-License-Identifier: MIT
import JSONCoding

/// JSON web tokens (RFC 7519) signed by RS256: the one algorithm in use here, so that no token can choose another.
package enum JSONWebToken {
    /// The compact form of `claims`, signed.
    ///
    /// - Throws: `CryptographyError` by the signer, `EncodingError` by the claims.
    package static func sign(_ claims: some Encodable, with key: RSAPrivateKey) throws -> String {
        let header = Array(#"{"alg":"RS256","typ":"JWT"}"#.utf8)
        let payload = try JSONValue(encoding: claims).encoded()
        let signed = Base64URL.encode(header) + "." + Base64URL.encode(payload)
        return signed + "." + Base64URL.encode(try key.signSHA256(Array(signed.utf8)))
    }

    /// The claims of `token` once its signature holds. Times in them (`exp`, `nbf`) are for the caller to judge, who
    /// has the clock.
    ///
    /// - Throws: `CryptographyError` with `malformedToken` or `badSignature`, `DecodingError` by the claims.
    package static func verify<Claims: Decodable>(
        _ token: String, as type: Claims.Type = Claims.self, with key: RSAPublicKey
    ) throws -> Claims {
        func malformed(_ detail: String) -> CryptographyError {
            CryptographyError(code: .malformedToken, operation: "verify token", detail: detail)
        }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw malformed("expected three parts, found \(parts.count)") }
        guard let headerBytes = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw malformed("a part is not base64url") }
        guard let algorithm = (try? JSONValue.parse(headerBytes))?["alg"]?.stringValue else {
            throw malformed("the header is not an object with alg")
        }
        guard algorithm == "RS256" else { throw malformed("the algorithm is not RS256") }
        guard key.verifySHA256(signature, of: Array("\(parts[0]).\(parts[1])".utf8)) else {
            throw CryptographyError(code: .badSignature, operation: "verify token", detail: "")
        }
        guard let claims = try? JSONValue.parse(payload) else { throw malformed("the claims are not JSON") }
        return try claims.decode()
    }
}
