// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes

/// What is asked for.
enum ConsoleRoute: Sendable, Hashable {
    case home
    case runs(RunFilter)
    case run(RunAddress)
    /// The form; with a code, the sign-in itself.
    case signInPage(code: String?, next: ConsolePath?)
    case signIn
    case signOut
    case styleSheet

    /// The route of a method and target.
    ///
    /// - Throws: the problem with its page: 404 for an unknown path, 405 with `Allow`, 400 for a query that means
    ///   nothing.
    static func find(_ method: HTTPMethod, _ target: RequestTarget) throws(ConsoleProblem) -> ConsoleRoute {
        let segments = target.segments
        let path = segments.first ?? ""
        switch (path, segments.count) {
        case ("", 0):
            try allow([.get], method)
            return .home
        case ("runs", 1):
            try allow([.get], method)
            return .runs(try RunFilter(target))
        case ("runs", 3):
            try allow([.get], method)
            return .run(try RunAddress(namespace: segments[1], name: segments[2], after: target["after"]))
        case ("signin", 1):
            try allow([.get, .post], method)
            if method == .post { return .signIn }
            return .signInPage(code: target["code"], next: target["next"].flatMap(Self.place))
        case ("signout", 1):
            try allow([.post], method)
            return .signOut
        case ("style.css", 1):
            try allow([.get], method)
            return .styleSheet
        default:
            throw .unknownPage(target.path)
        }
    }

    /// A place to go on to after the sign-in, from a text that anybody may have written: a page of runs, its path made
    /// anew from what the text means; nil for anything else.
    static func place(_ text: String) -> ConsolePath? {
        guard let target = RequestTarget(text), let route = try? find(.get, target) else { return nil }
        switch route {
        case .runs(let filter): return filter.path
        case .run(let address): return address.path
        default: return nil
        }
    }

    /// The name in metrics, without anybody's names in it.
    var label: String {
        switch self {
        case .home: "home"
        case .runs: "runs"
        case .run: "run"
        case .signInPage, .signIn: "signin"
        case .signOut: "signout"
        case .styleSheet: "style"
        }
    }

    /// What to come back to after a sign-in.
    var place: ConsolePath? {
        switch self {
        case .home: .runs
        case .runs(let filter): filter.path
        case .run(let address): address.path
        default: nil
        }
    }

    /// A `GET` route answers `HEAD` as well.
    private static func allow(_ methods: [HTTPMethod], _ method: HTTPMethod) throws(ConsoleProblem) {
        if methods.contains(method) || (method == .head && methods.contains(.get)) { return }
        throw .wrongMethod(allowed: methods.map(\.rawValue).joined(separator: ", "))
    }
}

/// Which runs a list shows.
struct RunFilter: Sendable, Hashable {
    /// The most runs that are asked for at once.
    static let maximumLimit = 500

    /// The namespace; nil for all.
    var namespace: String?
    /// The phase; nil for every one.
    var phase: RunPhase?
    /// Runs a page, from 1.
    var limit = RunFilter.maximumLimit
    /// Where the API server's last page ended.
    var continueToken: String?

    /// All runs, from the beginning.
    init() {}

    /// The filter of a query; what a form left empty is not set.
    init(_ target: RequestTarget) throws(ConsoleProblem) {
        func given(_ name: String) -> String? { target[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let text = given("namespace") {
            guard KubernetesName.isValid(text) else { throw .badQuery("\(text) cannot be the name of a namespace.") }
            namespace = text
        }
        if let text = given("phase") {
            guard let known = RunPhase.allCases.first(where: { $0.rawValue == text }) else {
                throw .badQuery(
                    "\(text) is no phase; there are \(RunPhase.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            phase = known
        }
        if let text = given("limit") {
            guard let number = Int(text), (1...Self.maximumLimit).contains(number) else {
                throw .badQuery("The limit must be a number from 1 to \(Self.maximumLimit).")
            }
            limit = number
        }
        if let text = given("continue") {
            guard text.utf8.count <= 4096 else { throw .badQuery("The mark of the next page is too long.") }
            continueToken = text
        }
    }

    /// Where this list is.
    var path: ConsolePath {
        ConsolePath(
            "runs",
            query: [
                ("namespace", namespace), ("phase", phase?.rawValue),
                ("limit", limit == Self.maximumLimit ? nil : String(limit)), ("continue", continueToken),
            ])
    }
}

/// One run, and from where its timeline is shown.
struct RunAddress: Sendable, Hashable {
    var namespace: String
    var name: String
    /// Only facts after this place of the record; 0 for the first page.
    var after: Int64 = 0

    init(namespace: String, name: String, after: String? = nil) throws(ConsoleProblem) {
        guard KubernetesName.isValid(namespace), KubernetesName.isValid(name) else {
            throw .unknownRun("There can be no run of that name: \(namespace)/\(name).")
        }
        self.namespace = namespace
        self.name = name
        if let after {
            guard let position = Int64(after), position >= 0 else {
                throw .badQuery("\(after) is no place in a timeline.")
            }
            self.after = position
        }
    }

    /// The page of a run, from names as the API server gave them.
    static func path(namespace: String, name: String, after: Int64 = 0) -> ConsolePath {
        ConsolePath("runs", namespace, name, query: [("after", after > 0 ? String(after) : nil)])
    }

    /// Where this page is.
    var path: ConsolePath { Self.path(namespace: namespace, name: name, after: after) }
}
