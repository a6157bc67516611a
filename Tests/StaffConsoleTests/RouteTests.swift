// SPDX-License-Identifier: MIT
import AgentAPI
import HTTPTypes
import Testing

@testable import StaffConsole

/// Which page an address means.
@Suite(.timeLimit(.minutes(1))) struct RouteTests {
    private static func outcome(_ method: HTTPMethod, _ text: String) -> String {
        guard let target = RequestTarget(text) else { return "no target" }
        do throws(ConsoleProblem) {
            let route = try ConsoleRoute.find(method, target)
            return switch route {
            case .signInPage(let code, let next): "signin code=\(code ?? "-") next=\(next?.text ?? "-")"
            default: "\(route.label) \(route.place?.text ?? "-")"
            }
        } catch {
            return "\(error.status.rawValue)" + (error.headers["Allow"].map { " \($0)" } ?? "")
        }
    }

    @Test(
        "Addresses lead to pages, and pages know their address",
        arguments: [
            ("GET", "/", "home /runs"), ("HEAD", "/", "home /runs"), ("GET", "/runs", "runs /runs"),
            ("GET", "/runs?namespace=codex-k8s&phase=Running", "runs /runs?namespace=codex-k8s&phase=Running"),
            ("GET", "/runs?namespace=&phase=", "runs /runs"),
            ("GET", "/runs?limit=20&continue=abc%3D&other=1", "runs /runs?limit=20&continue=abc%3D"),
            ("GET", "/runs?limit=500", "runs /runs"), ("GET", "/runs?limit=501", "400"),
            ("GET", "/runs?limit=0", "400"),
            ("GET", "/runs?limit=x", "400"), ("GET", "/runs?phase=running", "400"),
            ("GET", "/runs?namespace=A%2FB", "400"),
            ("GET", "/runs/codex-k8s/run-1", "run /runs/codex-k8s/run-1"),
            ("GET", "/runs/codex-k8s/run-1?after=120", "run /runs/codex-k8s/run-1?after=120"),
            ("GET", "/runs/codex-k8s/run-1?after=-1", "400"), ("GET", "/runs/codex-k8s/run-1?after=x", "400"),
            ("GET", "/runs/codex-k8s/..", "404"), ("GET", "/runs/codex-k8s/a%2Fb", "404"), ("GET", "/runs/a", "404"),
            ("GET", "/runs/a/b/c", "404"), ("GET", "/runs/UPPER/x", "404"), ("GET", "/wp-admin", "404"),
            ("POST", "/runs", "405 GET"), ("DELETE", "/runs/a/b", "405 GET"), ("PUT", "/signin", "405 GET, POST"),
            ("GET", "/signin", "signin code=- next=-"), ("GET", "/signin?code=c0de", "signin code=c0de next=-"),
            ("GET", "/signin?next=/runs/a/b", "signin code=- next=/runs/a/b"),
            ("GET", "/signin?next=//evil.example/", "signin code=- next=-"),
            ("GET", "/signin?next=https://evil.example/runs", "signin code=- next=-"),
            ("GET", "/signin?next=/signout", "signin code=- next=-"),
            ("POST", "/signin", "signin -"), ("GET", "/signout", "405 POST"), ("POST", "/signout", "signout -"),
            ("GET", "/style.css", "style -"),
        ])
    func routes(method: String, target: String, expected: String) {
        #expect(Self.outcome(HTTPMethod(rawValue: method), target) == expected)
    }

    /// What is made of a route leads to that route again, also from texts that strangers wrote.
    @Test func aPlaceIsTheSamePlaceAgain() throws {
        for text in ["/runs?continue=%2F%3F%26&phase=Failed", "/runs/a.b/c-d?after=9", "/runs?namespace=x"] {
            let place = try #require(ConsoleRoute.place(text))
            #expect(ConsoleRoute.place(place.text) == place)
        }
        for text in ["", "runs", "javascript:1", "/\\evil.example", "/runs/../..//x", "\u{0}"] {
            #expect(ConsoleRoute.place(text) == nil, "\(text.debugDescription)")
        }
    }

    @Test(
        "Names that Kubernetes would not give",
        arguments: [
            ("a", true), ("codex-k8s", true), ("a.b-c.9", true), ("", false), (".", false), ("..", false),
            ("-a", false),
            ("a-", false), ("A", false), ("a_b", false), ("a/b", false), ("é", false),
            (String(repeating: "a", count: 253), true), (String(repeating: "a", count: 254), false),
        ])
    func names(text: String, isOne: Bool) { #expect(KubernetesName.isValid(text) == isOne) }
}
