// SPDX-License-Identifier: MIT
import JSONCoding

/// Turns the protobuf bodies that typed clients send (`kubectl create configmap`, `kubectl auth can-i`) into JSON
/// objects.
///
/// Only requests are read: answers are always JSON, which those clients accept beside protobuf.
enum ProtobufDecoder {
    /// One field of a message.
    struct Field: Sendable {
        var name: String
        var type: String
        var isRepeated: Bool
        var isInline: Bool
    }

    private static let messages: [String: [Int: Field]] = parseTable()

    /// The four bytes in front of every such body.
    private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// The object in a body.
    ///
    /// - Throws: `UnsupportedMediaType` for a kind that is not in the table, so that the client says what is wrong.
    static func object(_ body: [UInt8]) throws(StatusError) -> JSONValue {
        guard body.starts(with: magic) else { throw .badRequest("the body is not Kubernetes protobuf") }
        var apiVersion = ""
        var kind = ""
        var raw: ArraySlice<UInt8> = []
        var envelope = ProtobufReader(body.dropFirst(magic.count))
        while let field = try envelope.next() {
            guard case .bytes(let bytes) = field.value else { continue }
            if field.number == 2 { raw = bytes }
            guard field.number == 1 else { continue }
            var type = ProtobufReader(bytes)
            while let part = try type.next() {
                guard case .bytes(let text) = part.value else { continue }
                if part.number == 1 { apiVersion = String(decoding: text, as: UTF8.self) }
                if part.number == 2 { kind = String(decoding: text, as: UTF8.self) }
            }
        }
        guard let message = message(apiVersion: apiVersion, kind: kind) else {
            throw .unsupportedMediaType("application/json, application/yaml")
        }
        var object: JSONObject = ["apiVersion": .string(apiVersion), "kind": .string(kind)]
        for (name, value) in try decode(raw, message).objectValue ?? [:] { object[name] = value }
        return .object(object)
    }

    private static let prefixes: [String: String] = [
        "": "", "apps": "apps.", "batch": "batch.", "rbac.authorization.k8s.io": "rbac.", "networking.k8s.io": "net.",
        "coordination.k8s.io": "coord.", "authentication.k8s.io": "authn.", "authorization.k8s.io": "authz.",
        "policy": "policy.",
    ]

    private static func message(apiVersion: String, kind: String) -> String? {
        if kind == "DeleteOptions" { return "meta.DeleteOptions" }
        let parts = apiVersion.split(separator: "/")
        let group = parts.count == 2 ? String(parts[0]) : ""
        let name = (prefixes[group] ?? "?") + kind
        return messages[name] == nil ? nil : name
    }

    private static func decode(_ bytes: ArraySlice<UInt8>, _ message: String) throws(StatusError) -> JSONValue {
        guard let fields = messages[message] else { return .object([:]) }
        var object = JSONObject()
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            guard let field = fields[number] else { continue }
            if ["m", "Y", "Q"].contains(field.type) {
                guard case .bytes(let entry) = value else { continue }
                let (key, item) = try mapEntry(entry, field.type)
                var map = object[field.name]?.objectValue ?? [:]
                map[key] = item
                object[field.name] = .object(map)
                continue
            }
            guard let decoded = try decode(value, field) else { continue }
            if field.isInline {
                for (name, member) in decoded.objectValue ?? [:] { object[name] = member }
            } else if field.isRepeated {
                object[field.name] = .array((object[field.name]?.arrayValue ?? []) + [decoded])
            } else if !isOmitted(decoded, field.name) {
                object[field.name] = decoded
            }
        }
        return .object(object)
    }

    private static func decode(
        _ value: ProtobufReader.Value, _ field: Field
    ) throws(StatusError) -> JSONValue? {
        switch (field.type, value) {
        case ("s", .bytes(let bytes)): return .string(String(decoding: bytes, as: UTF8.self))
        case ("i", .number(let number)): return .integer(Int64(bitPattern: number))
        case ("b", .number(let number)): return .bool(number != 0)
        case ("y", .bytes(let bytes)): return .string(Base64Text.encode(Array(bytes)))
        case ("q", .bytes(let bytes)): return try quantity(bytes)
        case ("o", .bytes(let bytes)): return try integerOrString(bytes)
        case ("t", .bytes(let bytes)), ("u", .bytes(let bytes)):
            return try time(bytes, isMicro: field.type == "u")
        case (let message, .bytes(let bytes)): return try decode(bytes, message)
        default: return nil
        }
    }

    /// Members that Go writes although they are empty, and that JSON leaves out.
    private static let omittedZeros: Set<String> = [
        "stdin", "stdinOnce", "tty", "hostNetwork", "hostPID", "hostIPC", "publishNotReadyAddresses", "paused",
        "hostPort", "minReadySeconds", "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold",
        "failureThreshold", "generation", "nodePort", "healthCheckNodePort", "readOnly", "count",
    ]
    private static let omittedEmpties: Set<String> = [
        "metadata", "resources", "strategy", "status", "source", "template", "spec", "loadBalancer",
    ]

    private static func isOmitted(_ value: JSONValue, _ name: String) -> Bool {
        switch value {
        case .null, .string(""): true
        case .integer(0), .bool(false): omittedZeros.contains(name)
        case .object(let object): object.isEmpty && omittedEmpties.contains(name)
        default: false
        }
    }

    private static func mapEntry(
        _ bytes: ArraySlice<UInt8>, _ type: String
    ) throws(StatusError) -> (String, JSONValue) {
        var key = ""
        var item: JSONValue = ""
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            guard case .bytes(let content) = field.value else { continue }
            if field.number == 1 { key = String(decoding: content, as: UTF8.self) }
            guard field.number == 2 else { continue }
            switch type {
            case "Y": item = .string(Base64Text.encode(Array(content)))
            case "Q": item = try quantity(content)
            default: item = .string(String(decoding: content, as: UTF8.self))
            }
        }
        return (key, item)
    }

    private static func quantity(_ bytes: ArraySlice<UInt8>) throws(StatusError) -> JSONValue {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            if field.number == 1, case .bytes(let text) = field.value {
                return .string(String(decoding: text, as: UTF8.self))
            }
        }
        return "0"
    }

    private static func integerOrString(_ bytes: ArraySlice<UInt8>) throws(StatusError) -> JSONValue {
        var isString = false
        var number: Int64 = 0
        var text = ""
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .number(let type)): isString = type == 1
            case (2, .number(let value)): number = Int64(bitPattern: value)
            case (3, .bytes(let value)): text = String(decoding: value, as: UTF8.self)
            default: break
            }
        }
        return isString ? .string(text) : .integer(number)
    }

    /// A time; null when it is Go's zero, which JSON leaves out.
    private static func time(_ bytes: ArraySlice<UInt8>, isMicro: Bool) throws(StatusError) -> JSONValue {
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            guard case .number(let value) = field.value else { continue }
            if field.number == 1 { seconds = Int64(bitPattern: value) }
            if field.number == 2 { nanoseconds = Int64(bitPattern: value) }
        }
        guard seconds > 0, seconds < 253_402_300_800 else { return .null }
        let time = Timestamp(microseconds: seconds * 1_000_000 + nanoseconds / 1000)
        return .string(isMicro ? time.microDescription : time.description)
    }

    private static func parseTable() -> [String: [Int: Field]] {
        var result: [String: [Int: Field]] = [:]
        for line in ProtobufTable.text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            var fields: [Int: Field] = [:]
            for entry in parts[1].split(separator: ",") {
                let words = entry.split(separator: " ")
                guard words.count == 3, let number = Int(words[0]) else { continue }
                let isRepeated = words[2].hasPrefix("*")
                let isInline = words[2].hasPrefix("^")
                fields[number] = Field(
                    name: String(words[1]), type: String(isRepeated || isInline ? words[2].dropFirst() : words[2]),
                    isRepeated: isRepeated, isInline: isInline)
            }
            result[String(parts[0].drop { $0 == " " })] = fields
        }
        return result
    }
}
