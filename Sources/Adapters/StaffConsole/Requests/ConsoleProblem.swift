// SPDX-License-Identifier: MIT
import HTTPTypes
import KubernetesAPI
import KubernetesClient

/// Why somebody does not see what they asked for, as their page says it.
struct ConsoleProblem: Error, Sendable, Hashable {
    /// The status of the answer.
    var status: HTTPStatus
    /// The heading.
    var title: String
    /// What happened, and what to do; a paragraph each.
    var words: [String]
    /// Further fields, such as `Allow`.
    var headers: HTTPHeaders = [:]
    /// The page is the sign-in form, and a token that was kept is forgotten.
    var asksToSignIn = false
    /// Trouble that may pass: a page that somebody looks at asks again by itself.
    var mayPass: Bool { status.rawValue >= 500 }

    // MARK: Requests that mean nothing

    static func unknownPage(_ path: String) -> ConsoleProblem {
        ConsoleProblem(
            status: .notFound, title: "No such page",
            words: ["There is nothing at \(path).", "The list of runs leads to every page there is."])
    }

    static func unknownRun(_ what: String) -> ConsoleProblem {
        ConsoleProblem(
            status: .notFound, title: "No such run",
            words: [
                what,
                """
                A run that ended may have been removed when its time was over (spec.ttlSecondsAfterFinished), or by \
                somebody. What it did is still in the audit: codex-k8s trace --issue NUMBER. The list of runs shows \
                those that are there.
                """,
            ])
    }

    static func badQuery(_ what: String) -> ConsoleProblem {
        ConsoleProblem(
            status: .badRequest, title: "That address means nothing",
            words: [what, "Begin again with the list of runs."])
    }

    static func wrongMethod(allowed: String) -> ConsoleProblem {
        ConsoleProblem(
            status: .methodNotAllowed, title: "Not that way", words: ["This address takes \(allowed)."],
            headers: ["Allow": allowed])
    }

    static let foreignHost = ConsoleProblem(
        status: HTTPStatus(rawValue: 421), title: "Another machine's name",
        words: ["These pages are served to this machine alone.", "Open them by 127.0.0.1 or localhost and their port."])

    static let cookiesTooLarge = ConsoleProblem(
        status: .requestHeaderFieldsTooLarge, title: "Too many cookies",
        words: ["The browser sent more than 8 KiB of cookies.", "Remove the cookies of this host and sign in again."])

    static let foreignForm = ConsoleProblem(
        status: .forbidden, title: "Not from here",
        words: ["The form was not sent by one of these pages.", "Open the sign-in page here and send it from there."])

    static let wrongForm = ConsoleProblem(
        status: .unsupportedMediaType, title: "Not a form",
        words: ["A form is expected here (application/x-www-form-urlencoded)."])

    // MARK: Signing in

    static func signIn(_ words: String...) -> ConsoleProblem {
        ConsoleProblem(
            status: .unauthorized, title: "Sign in", words: words, headers: ["WWW-Authenticate": "Bearer"],
            asksToSignIn: true)
    }

}

extension ConsoleProblem {
    /// What an error of the API server means for who asked about `what`, such as "the run a/b".
    init(_ error: APIError, about what: String) {
        switch error.reason {
        case .unauthorized:
            self = .signIn("The API server does not accept the token: it may have expired. Sign in with a new one.")
        case .forbidden:
            self.init(
                status: .forbidden, title: "Not allowed",
                words: [
                    "The API server refuses \(what) with the token that you signed in with. In its words:",
                    error.message,
                    """
                    Ask whoever runs the cluster for a role that may get and list agentruns.codex-k8s.dev; Kubernetes' \
                    own role view is one, in one namespace or in all.
                    """,
                ])
        // What is missing has a name, unless it is the whole kind.
        case .notFound where (error.details?.name ?? "").isEmpty:
            self.init(
                status: .notFound, title: "Runs are unknown here",
                words: [
                    "The API server does not know the kind AgentRun. In its words: \(error.message)",
                    "Install its definition (kubectl apply -f crds), then open this page again.",
                ])
        case .notFound:
            self = .unknownRun("The API server does not know \(what).")
        case .expired:
            self.init(
                status: .gone, title: "The list has gone on",
                words: [
                    "What the next page was to begin with is too old by now.", "Begin again with the list of runs.",
                ])
        case .badRequest, .invalid:
            self.init(
                status: .badRequest, title: "The API server cannot make sense of that",
                words: [error.message, "Begin again with the list of runs."])
        case .transport where error.isLate:
            self = .away(.gatewayTimeout, "The API server gave no answer in time.")
        case .transport:
            self = .away(.badGateway, "The API server cannot be reached.")
        case .tooManyRequests, .serviceUnavailable, .timeout, .cancelled:
            self = .away(.serviceUnavailable, "The API server is busy or starting.")
        case .undecodable:
            self.init(
                status: .badGateway, title: "An answer that cannot be read",
                words: [
                    "The API server's answer about \(what) cannot be read.",
                    "kubectl get agentrun -o yaml shows it; are the definitions of another version installed?",
                ])
        default:
            self = .away(.badGateway, "The API server failed. In its words: \(error.message)")
        }
    }

    private static func away(_ status: HTTPStatus, _ what: String) -> ConsoleProblem {
        ConsoleProblem(
            status: status, title: "The API server does not answer",
            words: [what, "Runs go on without this page. It asks again by itself every 10 seconds."],
            headers: ["Retry-After": "10"])
    }
}
