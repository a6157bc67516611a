// SPDX-License-Identifier: MIT
import HTTPServing
import HTTPTypes

/// A page: what every one of them has around its content.
struct Page: Sendable {
    /// The heading, and with our name the window's title.
    var title: String
    /// Whether there is somebody who could sign out.
    var isSignedIn: Bool
    /// The content below the heading.
    var content: HTML
    /// When the browser asks again, and for what; itself unless a path is given.
    var refresh: (seconds: Int, path: ConsolePath?)?

    /// A page.
    init(
        _ title: String, isSignedIn: Bool, refresh: (seconds: Int, path: ConsolePath?)? = nil,
        @HTMLBuilder content: () -> HTML
    ) {
        self.title = title
        self.isSignedIn = isSignedIn
        self.refresh = refresh
        self.content = content()
    }

    /// The whole document.
    var html: HTML {
        .document(
            HTML(.html, .language("en")) {
                HTML(.head) {
                    HTML(.meta, .charset("utf-8"))
                    HTML(.meta, .name("viewport"), .content("width=device-width, initial-scale=1"))
                    HTML(.title) { "\(title) · codex-k8s" }
                    HTML(.link, .styleSheet, .href(.styleSheet))
                }
                HTML(.body) {
                    HTML(.header) {
                        HTML(.nav, .spoken("Pages")) { HTML(.a, .href(.runs)) { "codex-k8s" } }
                        if isSignedIn {
                            HTML(.form, .posts, .action(.signOut)) { HTML(.button) { "Sign out" } }
                        }
                    }
                    HTML(.main) {
                        HTML(.h1) { title }
                        content
                    }
                }
            })
    }

    /// The answer with this page.
    func response(_ status: HTTPStatus = .ok, headers: HTTPHeaders = [:]) -> ServerResponse {
        var headers = headers
        headers["Content-Type"] = "text/html; charset=utf-8"
        if let refresh {
            headers["Refresh"] = "\(refresh.seconds)" + (refresh.path.map { ";url=\($0.text)" } ?? "")
        }
        return ServerResponse(status: status, headers: headers, body: .bytes(Array(html.markup.utf8)))
    }
}

/// The fields that every answer has, whatever it is.
enum SafeHeaders {
    /// Nothing is loaded but the style sheet, nothing runs, nobody may frame a page, no form leads away (CSP 3),
    /// nothing is guessed, told to other sites, or kept.
    private static let fields: [(String, String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]

    /// The answer with them.
    static func on(_ response: ServerResponse) -> ServerResponse {
        var response = response
        for (name, value) in fields { response.headers[name] = value }
        return response
    }
}
