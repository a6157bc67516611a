// SPDX-License-Identifier: MIT
import CCrypto

/// What went wrong in a cryptographic operation; never holds key material.
package struct CryptographyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the caller can tell apart.
    package enum Code: String, Sendable {
        /// The input is not the kind of key or certificate that was asked for.
        case malformedKey
        /// The name or address cannot stand in a certificate.
        case malformedName
        /// The token has not the shape of a signed token, or another algorithm.
        case malformedToken
        /// The signature does not belong to this content and key.
        case badSignature
        /// The library refused; usually memory or its random source.
        case libraryFailure
    }

    /// The stable kind of the failure.
    package let code: Code
    /// The operation that failed, for example `sign`.
    package let operation: String
    /// What the library or the check said; without secrets.
    package let detail: String

    package var description: String {
        detail.isEmpty ? "\(operation) failed: \(code.rawValue)" : "\(operation) failed: \(code.rawValue) (\(detail))"
    }

    /// Takes the library's own reason off its per-thread queue, so that a later failure does not report this one.
    static func library(_ operation: String, code: Code = .libraryFailure) -> CryptographyError {
        var reason = ""
        while case let number = ERR_get_error(), number != 0 {
            if let text = ERR_reason_error_string(number) { reason = String(cString: text) }
        }
        return CryptographyError(code: code, operation: operation, detail: reason)
    }
}

/// The one place where a libcrypto return code becomes a Swift error.
func check(_ result: Int32, _ operation: String) throws(CryptographyError) {
    guard result == 1 else { throw .library(operation) }
}

/// As `check`, for functions that answer a pointer.
func check<Pointer>(_ pointer: Pointer?, _ operation: String) throws(CryptographyError) -> Pointer {
    guard let pointer else { throw .library(operation) }
    return pointer
}
