// SPDX-License-Identifier: MIT
package import JSONCoding

/// Reads YAML into JSON values, as Kubernetes tools do.
///
/// Aliases and merge keys are resolved, keys become strings, and what JSON cannot hold is refused. Scalars are read as
/// `kubectl` reads them, so `yes` and `on` are booleans and a version such as `1.10` is a number: quote what has to
/// stay a string. Stricter than `kubectl`: a key that is there twice is an error. JSON is taken as well.
package enum YAMLParser {
    /// The documents of a text, without the empty ones.
    package static func documents(
        _ text: String, limits: YAMLLimits = .default
    ) throws(YAMLError) -> [JSONValue] {
        try documents(Array(text.utf8), limits: limits)
    }

    /// The documents of a text in UTF-8 (or in UTF-16 with its byte order mark), without the empty ones.
    package static func documents(
        _ bytes: [UInt8], limits: YAMLLimits = .default
    ) throws(YAMLError) -> [JSONValue] {
        try markedDocuments(bytes, limits: limits).map(\.value)
    }

    /// The only document of a text.
    ///
    /// - Throws: `YAMLError`, also when there is no document or more than one.
    package static func document(_ text: String, limits: YAMLLimits = .default) throws(YAMLError) -> JSONValue {
        try markedDocument(Array(text.utf8), limits: limits).value
    }

    /// The only document of a text in UTF-8.
    ///
    /// - Throws: `YAMLError`, also when there is no document or more than one.
    package static func document(_ bytes: [UInt8], limits: YAMLLimits = .default) throws(YAMLError) -> JSONValue {
        try markedDocument(bytes, limits: limits).value
    }

    /// The only document of a text, with the places of its parts.
    ///
    /// - Throws: `YAMLError`, also when there is no document or more than one.
    package static func markedDocument(
        _ bytes: [UInt8], limits: YAMLLimits = .default
    ) throws(YAMLError) -> YAMLDocument {
        let documents = try markedDocuments(bytes, limits: limits)
        guard let only = documents.first else {
            throw YAMLError(.documentCount, "there is nothing in it", at: Mark(line: 1, column: 1))
        }
        guard documents.count == 1 else {
            let count = documents.count
            throw YAMLError(.documentCount, "\(count) documents where one is expected", at: documents[1].marks.mark)
        }
        return only
    }

    /// The documents of a text with the places of their parts, without the empty ones.
    package static func markedDocuments(
        _ bytes: [UInt8], limits: YAMLLimits = .default
    ) throws(YAMLError) -> [YAMLDocument] {
        guard bytes.count <= limits.maximumBytes else {
            let problem = "\(bytes.count) bytes where \(limits.maximumBytes) are allowed"
            throw YAMLError(.limit, problem, at: Mark(line: 1, column: 1))
        }
        if let json = json(bytes, limits: limits) { return [json] }
        var composer = YAMLComposer(bytes, limits: limits)
        var documents: [YAMLDocument] = []
        while let document = try composer.nextDocument() { documents.append(document) }
        return documents
    }

    /// The text read as JSON, if that is what it is: JSON's escapes of surrogate pairs are no YAML.
    ///
    /// Objects alone, and only those without a key twice; the rest goes the common way and gets its line and column.
    private static func json(_ bytes: [UInt8], limits: YAMLLimits) -> YAMLDocument? {
        let space: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        guard let start = bytes.firstIndex(where: { !space.contains($0) }), bytes[start] == UInt8(ascii: "{"),
            bytes.contains(UInt8(ascii: "\\")),
            let value = try? JSONValue.parse(bytes, limits: JSONLimits(maximumDepth: limits.maximumDepth))
        else { return nil }
        let line = bytes[..<start].count { $0 == 0x0A } + 1
        return YAMLDocument(value: value, marks: MarkTree(mark: Mark(line: line, column: 1)))
    }
}
