// SPDX-License-Identifier: MIT

/// The `config.toml` by which codex runs in a pod: it asks nobody, the pod is its sandbox, and the broker is the only
/// host that it talks to by itself.
struct CodexConfiguration: Equatable {
    /// The reasoning efforts that codex knows.
    static let efforts: Set<String> = ["none", "minimal", "low", "medium", "high", "xhigh"]
    /// How often codex tries again before it gives up.
    struct Retries: Sendable, Equatable {
        /// For a request that was refused by 5xx.
        var request: Int
        /// For an answer that was cut or cannot be had; with growing pauses, eight take about a minute.
        var stream: Int

        /// What a pod uses.
        static let standard = Retries(request: 4, stream: 8)
    }

    /// Longer than the broker lets the provider be silent, so that the broker decides.
    static let silence = Duration.seconds(11 * 60)

    /// The model; nil leaves codex its own choice.
    var model: String?
    /// One of ``efforts``; nil leaves codex its own choice.
    var effort: String?
    /// The broker's address for the model.
    var modelURL: String
    /// The variable that holds what is sent as the key.
    var keyVariable: String
    /// The broker's address for tools; nil where there are none.
    var toolsURL: String?
    /// The checkout.
    var checkout: String
    var retries = Retries.standard

    /// Parts of codex that need a person, a browser, a desktop or a host beside the broker; and endless retries, which
    /// would hide a dead broker for as long as the run may take.
    private static let featuresOff = [
        "apps", "plugins", "remote_plugin", "browser_use", "computer_use", "image_generation", "hooks",
        "unbounded_connection_retries",
    ]

    /// What nobody but the run decides, not even the repository by settings of its own.
    private var decided: [(key: String, value: String)] {
        var decided: [(String, String)] = []
        if let model { decided.append(("model", TOMLText.quote(model))) }
        if let effort { decided.append(("model_reasoning_effort", TOMLText.quote(effort))) }
        decided += [
            ("model_provider", TOMLText.quote("broker")), ("approval_policy", TOMLText.quote("never")),
            ("sandbox_mode", TOMLText.quote("danger-full-access")), ("web_search", TOMLText.quote("disabled")),
            // A faster one costs a multiple.
            ("service_tier", TOMLText.quote("default")),
            ("check_for_update_on_startup", "false"),
        ]
        return decided
    }

    /// The file's text (TOML 1.0).
    var text: String {
        var lines = ["# Written by agent-runner at each start."]
        lines += decided.map { "\($0.key) = \($0.value)" }
        lines += [
            "", "[history]", #"persistence = "none""#, "",
            "[analytics]", "enabled = false", "",
            "[feedback]", "enabled = false", "",
            "[features]",
        ]
        lines += Self.featuresOff.map { "\($0) = false" }
        lines += [
            "", "[model_providers.broker]", #"name = "codex-k8s broker""#, "base_url = \(TOMLText.quote(modelURL))",
            #"wire_api = "responses""#, "env_key = \(TOMLText.quote(keyVariable))",
            "request_max_retries = \(retries.request)", "stream_max_retries = \(retries.stream)",
            "stream_idle_timeout_ms = \(Self.silence.components.seconds * 1000)", "",
        ]
        if let toolsURL {
            lines += ["[mcp_servers.codex-k8s]", "url = \(TOMLText.quote(toolsURL))", "startup_timeout_sec = 30", ""]
        }
        // Without trust codex would not read AGENTS.md either. It takes no provider from a repository.
        lines += ["[projects.\(TOMLText.quote(checkout))]", #"trust_level = "trusted""#, ""]
        return lines.joined(separator: "\n")
    }

    /// The same as arguments, which win over what the repository brings in `.codex/config.toml`.
    var overrides: [String] {
        let features = Self.featuresOff.map { (key: "features.\($0)", value: "false") }
        return (decided + features).flatMap { ["-c", "\($0.key)=\($0.value)"] }
    }
}

/// Texts in TOML.
enum TOMLText {
    /// A basic string (TOML 1.0, "String"), which may also stand as a key.
    static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
