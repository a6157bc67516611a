// SPDX-License-Identifier: MIT
package import JSONCoding
import KubernetesAPI

// How runs are read: without `Decodable`, because a controller's start reads thousands of them.

extension AgentRun {
    private enum CodingKeys: String, CodingKey {
        case apiVersion, kind, metadata, spec, status
    }

    /// Reads the run; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            metadata: try node.require("metadata"), spec: try node.require("spec"), status: try node.read("status"))
    }

    /// Writes the run with its type.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(apiVersion, forKey: .apiVersion)
        try container.encode(kind, forKey: .kind)
        try container.encode(metadata, forKey: .metadata)
        try container.encode(spec, forKey: .spec)
        try container.encodeIfPresent(status, forKey: .status)
    }
}

extension AgentRunSpec {
    /// Reads the spec; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            repository: try node.require("repository"), repositoryID: try node.read("repositoryID"),
            issue: try node.require("issue"), trigger: try node.require("trigger"), agent: try node.read("agent"),
            attempts: try node.read("attempts"), cancel: try node.read("cancel"),
            ttlSecondsAfterFinished: try node.read("ttlSecondsAfterFinished"))
    }
}

extension AgentRunSpec.Trigger {
    /// Reads the trigger; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            kind: try node.require("kind"), revise: try node.read("revise"),
            requestedBy: try node.read("requestedBy"), label: try node.read("label"), actor: try node.read("actor"),
            deliveryID: try node.read("deliveryID"), labelledAt: try node.read("labelledAt"),
            correlationID: try node.read("correlationID"), labelEventID: try node.read("labelEventID"),
            pullRequest: try node.read("pullRequest"), reviewID: try node.read("reviewID"))
    }
}

extension AgentRunSpec.AgentSelection {
    /// Reads the selection; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            key: try node.read("key"), mode: try node.read("mode"), model: try node.read("model"),
            reasoningEffort: try node.read("reasoningEffort"), image: try node.read("image"),
            timeout: try node.read("timeout"))
    }
}

extension AgentRunStatus {
    /// Reads the status; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init()
        phase = try node.read("phase")
        observedGeneration = try node.read("observedGeneration")
        conditions = try node.read("conditions")
        namespace = try node.read("namespace")
        job = try node.read("job")
        branch = try node.read("branch")
        attempt = try node.read("attempt")
        labelEventID = try node.read("labelEventID")
        repositoryID = try node.read("repositoryID")
        attempts = try node.read("attempts")
        pullRequest = try node.read("pullRequest")
        session = try node.read("session")
        effective = try node.read("effective")
        usage = try node.read("usage")
        wait = try node.read("wait")
        startTime = try node.read("startTime")
        completionTime = try node.read("completionTime")
        statusCommentID = try node.read("statusCommentID")
    }
}

extension AgentRunStatus.AttemptStatus {
    /// Reads the attempt; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(number: try node.require("number"))
        baseSHA = try node.read("baseSHA")
        headBefore = try node.read("headBefore")
        headAfter = try node.read("headAfter")
        startTime = try node.read("startTime")
        completionTime = try node.read("completionTime")
        reason = try node.read("reason")
        message = try node.read("message")
    }
}

extension AgentRunStatus.PullRequestStatus {
    /// Reads the pull request; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            number: try node.require("number"), url: try node.require("url"), headSHA: try node.read("headSHA"))
    }
}

extension AgentRunStatus.SessionStatus {
    /// Reads the session; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(id: try node.require("id"), resumed: try node.read("resumed"))
    }
}

extension AgentRunStatus.Resolved {
    /// Reads the setting; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(value: try node.require("value"), source: try node.require("source"))
    }
}

extension AgentRunStatus.Template {
    /// Reads the template; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            source: try node.require("source"), version: try node.read("version"), hash: try node.require("hash"),
            locale: try node.require("locale"))
    }
}

extension AgentRunStatus.EffectiveSettings {
    /// Reads the settings; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init()
        agent = try node.read("agent")
        mode = try node.read("mode")
        image = try node.read("image")
        model = try node.read("model")
        reasoningEffort = try node.read("reasoningEffort")
        template = try node.read("template")
    }
}

extension AgentRunStatus.UsageStatus {
    /// Reads the usage; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            inputTokens: try node.require("inputTokens"), cachedInputTokens: try node.require("cachedInputTokens"),
            outputTokens: try node.require("outputTokens"), reasoningTokens: try node.require("reasoningTokens"))
    }
}

extension AgentRunStatus.WaitStatus {
    /// Reads the wait; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            state: try node.require("state"), reason: try node.read("reason"), since: try node.read("since"),
            remaining: try node.read("remaining"))
    }
}
