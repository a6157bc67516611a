// SPDX-License-Identifier: MIT
import JSONCoding
import KubernetesAPI

extension ParserProperty {
    /// Reading by tokens, item by item or into a model, sees what building the whole value sees.
    func checkTokens(
        _ input: [UInt8], _ whole: Result<JSONValue, JSONParseError>
    ) throws(PropertyViolation) {
        let pool = JSONStringPool(places: 4)
        let tokens = Result { () throws(JSONParseError) in try JSONNode.tokenize(input, pool: pool) }
        try compare(tokens.flatMap { node in Result { () throws(JSONParseError) in try node.value() } }, whole, "tokens")
        let items = Self.items(input, pool)
        switch whole {
        case .success(.object(let object)): try compare(items, .success(Self.asItems(object)), "items")
        case .success:
            if case .success(let read) = items { throw PropertyViolation("what is no object has items: \(read)") }
        case .failure: try compare(items, whole, "items")
        }
        guard case .success(let value) = whole, case .success(let node) = tokens else { return }
        for (read, built) in [
            (Self.manifest { try node.decode(ConfigMap.self) }, Self.manifest { try value.decode(ConfigMap.self) }),
            (Self.manifest { try node.decode(Pod.self) }, Self.manifest { try value.decode(Pod.self) }),
        ] {
            try expect(read == built, "a model is \(read) by tokens and \(built) by values")
        }
    }

    private func compare(
        _ read: Result<JSONValue, JSONParseError>, _ built: Result<JSONValue, JSONParseError>, _ way: String
    ) throws(PropertyViolation) {
        switch (read, built) {
        case (.success(let read), .success(let built)):
            try expect(read.encoded() == built.encoded(), "by \(way) it is \(read), not \(built)")
        case (.failure(let error), .success): throw PropertyViolation("\(way) refuses what building takes: \(error)")
        case (.success, .failure(let error)):
            // Of members of the same name the last one counts there.
            let isTwice = error.problem == "the member is there twice"
            try expect(isTwice, "\(way) takes what building refuses: \(error)")
        case (.failure, .failure): break
        }
    }

    /// The object without its items, and the items, read one by one.
    private static func items(_ input: [UInt8], _ pool: JSONStringPool) -> Result<JSONValue, JSONParseError> {
        var items: [Result<JSONValue, JSONParseError>] = []
        return Result { () throws(JSONParseError) in
            let rest = try JSONNode.readItems(input, pool: pool) { node in
                items.append(Result { () throws(JSONParseError) in try node.value() })
            }
            var values: [JSONValue] = []
            for item in items { values.append(try item.get()) }
            return .array([.object(rest), .array(values)])
        }
    }

    /// The same of an object that was built.
    private static func asItems(_ object: JSONObject) -> JSONValue {
        var rest = object
        var items: [JSONValue] = []
        switch rest["items"] {
        case .array(let elements)?:
            items = elements
            rest["items"] = nil
        case .null?: rest["items"] = nil
        default: break
        }
        return .array([.object(rest), .array(items)])
    }

    /// What the model holds, or nothing when it refuses.
    private static func manifest<Object: KubernetesObject>(_ decode: () throws -> Object) -> String {
        (try? decode().manifest().encodedString()) ?? "refused"
    }
}
