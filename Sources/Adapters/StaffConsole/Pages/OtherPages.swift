// SPDX-License-Identifier: MIT

/// The form for signing in.
struct SignInPage: Sendable {
    /// Why it is shown, where somebody did not ask for it.
    var words: [String] = []
    /// Where to go on to.
    var next: ConsolePath?

    /// The page.
    var page: Page {
        Page("Sign in", isSignedIn: false) {
            for word in words { HTML(.p, .class("notice")) { word } }
            HTML(.p) {
                """
                You see what your own Kubernetes token may see: every page asks the API server with it. It is kept in \
                this browser alone, until you sign out or close the browser.
                """
            }
            HTML(.form, .posts, .action(.signIn)) {
                HTML(.label, .label(for: "token")) { "Kubernetes bearer token" }
                HTML(.input, .id("token"), .name("token"), .type("password"), .isRequired, .isNotKept)
                if let next { HTML(.input, .type("hidden"), .name("next"), .value(next.text)) }
                HTML(.button) { "Sign in" }
            }
            HTML(.p) {
                "A token of a service account that may list agentruns, good for an hour: "
                HTML(.code) { "kubectl create token NAME --namespace NAMESPACE --duration 1h" }
            }
            HTML(.p) {
                HTML(.a, .href(next ?? .runs)) { "I have signed in already" }
            }
        }
    }
}

/// Says why something is not shown, and what to do.
struct ProblemPage: Sendable {
    let problem: ConsoleProblem
    let isSignedIn: Bool
    /// The list that was refused: somebody who may not see all namespaces may well see one.
    var refused: RunFilter?

    /// The page.
    var page: Page {
        Page(problem.title, isSignedIn: isSignedIn, refresh: problem.mayPass ? (10, nil) : nil) {
            for word in problem.words { HTML(.p) { word } }
            if let refused { RunListPage.form(refused) }
            HTML(.p) { HTML(.a, .href(.runs)) { "The list of runs" } }
        }
    }
}

/// Asks for the same page again, from here: a link on another site brings no `SameSite=Strict` cookie, and a step from
/// one of these pages does.
struct ThresholdPage: Sendable {
    let next: ConsolePath

    /// The page.
    var page: Page {
        Page("Opening the page", isSignedIn: false, refresh: (0, next)) {
            HTML(.p) { HTML(.a, .href(next)) { "Go on to the page" } }
        }
    }
}
