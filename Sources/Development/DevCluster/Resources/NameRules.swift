// SPDX-License-Identifier: MIT

/// Which names objects, labels and namespaces may have (RFC 1123, RFC 1035, Kubernetes "Object Names and IDs").
enum NameRules {
    /// What is wrong with a name, or nil.
    static func problem(with name: String, rule: ServedResource.NameRule) -> String? {
        switch rule {
        case .subdomain:
            if name.utf8.count > 253 { return "must be no more than 253 characters" }
            let good = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
            return good
                ? nil
                : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
                    + "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation "
                    + "is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        case .label:
            if name.utf8.count > 63 { return "must be no more than 63 characters" }
            return isLabel(Substring(name))
                ? nil
                : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
                    + "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
                    + "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        case .serviceLabel:
            if name.utf8.count > 63 { return "must be no more than 63 characters" }
            let startsWithLetter = name.utf8.first.map(isLower) ?? false
            return startsWithLetter && isLabel(Substring(name))
                ? nil
                : "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                    + "alphabetic character, and end with an alphanumeric character"
        case .pathSegment:
            if name == "." || name == ".." { return "may not be '\(name)'" }
            return name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }
                ? "may not contain '/' or '%'" : nil
        }
    }

    /// What is wrong with the key of a label, annotation or finalizer, or nil.
    static func problem(withQualifiedName key: String) -> String? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 { return "must be a name with an optional DNS prefix and '/'" }
        if parts.count == 2, let problem = problem(with: String(parts[0]), rule: .subdomain) {
            return "prefix part \(problem)"
        }
        let name = parts.last ?? ""
        if name.isEmpty { return "name part must be non-empty" }
        if name.utf8.count > 63 { return "name part must be no more than 63 characters" }
        return isLabelText(name)
            ? nil
            : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    }

    /// What is wrong with the value of a label, or nil.
    static func problem(withLabelValue value: String) -> String? {
        if value.isEmpty { return nil }
        if value.utf8.count > 63 { return "must be no more than 63 characters" }
        return isLabelText(Substring(value))
            ? nil
            : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
                + "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
                + "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    }

    /// A name with five random characters behind a prefix.
    static func generated(_ prefix: String, using generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        let suffix = (0..<5).compactMap { _ in alphabet.randomElement(using: &generator) }
        return String(prefix.prefix(58)) + String(suffix)
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    private static func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }

    private static func isLabel(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return (isLower(first) || isDigit(first)) && (isLower(last) || isDigit(last))
            && text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLabelText(_ text: Substring) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) || isUpper(byte) }
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            }
    }
}
