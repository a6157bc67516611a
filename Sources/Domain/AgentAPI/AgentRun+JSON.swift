// SPDX-License-Identifier: MIT
package import JSONCoding
import KubernetesAPI

// How runs are read and written: a controller's start reads thousands of them, and each step writes a status.

extension AgentRun {
    /// Reads the run; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            metadata: try node.require("metadata"), spec: try node.require("spec"), status: try node.read("status"))
    }

    /// The run with its type.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("apiVersion", apiVersion)
        object.put("kind", kind)
        object.put("metadata", metadata)
        object.put("spec", spec)
        object.put("status", status)
        return .object(object)
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

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("repository", repository)
        object.put("repositoryID", repositoryID)
        object.put("issue", issue)
        object.put("trigger", trigger)
        object.put("agent", agent)
        object.put("attempts", attempts)
        object.put("cancel", cancel)
        object.put("ttlSecondsAfterFinished", ttlSecondsAfterFinished)
        return .object(object)
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

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("kind", kind)
        object.put("revise", revise)
        object.put("requestedBy", requestedBy)
        object.put("label", label)
        object.put("actor", actor)
        object.put("deliveryID", deliveryID)
        object.put("labelledAt", labelledAt)
        object.put("correlationID", correlationID)
        object.put("labelEventID", labelEventID)
        object.put("pullRequest", pullRequest)
        object.put("reviewID", reviewID)
        return .object(object)
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

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("key", key)
        object.put("mode", mode)
        object.put("model", model)
        object.put("reasoningEffort", reasoningEffort)
        object.put("image", image)
        object.put("timeout", timeout)
        return .object(object)
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
        progress = try node.read("progress")
        stopping = try node.read("stopping")
        startTime = try node.read("startTime")
        completionTime = try node.read("completionTime")
        statusCommentID = try node.read("statusCommentID")
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("phase", phase)
        object.put("observedGeneration", observedGeneration)
        object.put("conditions", conditions)
        object.put("namespace", namespace)
        object.put("job", job)
        object.put("branch", branch)
        object.put("attempt", attempt)
        object.put("labelEventID", labelEventID)
        object.put("repositoryID", repositoryID)
        object.put("attempts", attempts)
        object.put("pullRequest", pullRequest)
        object.put("session", session)
        object.put("effective", effective)
        object.put("usage", usage)
        object.put("wait", wait)
        object.put("progress", progress)
        object.put("stopping", stopping)
        object.put("startTime", startTime)
        object.put("completionTime", completionTime)
        object.put("statusCommentID", statusCommentID)
        return .object(object)
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
        pausedSeconds = try node.read("pausedSeconds")
        resumptions = try node.read("resumptions")
        usage = try node.read("usage")
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("number", number)
        object.put("baseSHA", baseSHA)
        object.put("headBefore", headBefore)
        object.put("headAfter", headAfter)
        object.put("startTime", startTime)
        object.put("completionTime", completionTime)
        object.put("reason", reason)
        object.put("message", message)
        object.put("pausedSeconds", pausedSeconds)
        object.put("resumptions", resumptions)
        object.put("usage", usage)
        return .object(object)
    }
}

extension AgentRunStatus.PullRequestStatus {
    /// Reads the pull request; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            number: try node.require("number"), url: try node.require("url"), headSHA: try node.read("headSHA"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("number", number)
        object.put("url", url)
        object.put("headSHA", headSHA)
        return .object(object)
    }
}

extension AgentRunStatus.SessionStatus {
    /// Reads the session; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            id: try node.require("id"), resumed: try node.read("resumed"), savedBytes: try node.read("savedBytes"),
            message: try node.read("message"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("id", id)
        object.put("resumed", resumed)
        object.put("savedBytes", savedBytes)
        object.put("message", message)
        return .object(object)
    }
}

extension AgentRunStatus.Resolved {
    /// Reads the setting; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(value: try node.require("value"), source: try node.require("source"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("value", value)
        object.put("source", source)
        return .object(object)
    }
}

extension AgentRunStatus.Template {
    /// Reads the template; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            source: try node.require("source"), version: try node.read("version"), hash: try node.require("hash"),
            locale: try node.require("locale"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("source", source)
        object.put("version", version)
        object.put("hash", hash)
        object.put("locale", locale)
        return .object(object)
    }
}

extension AgentRunStatus.EffectiveSettings {
    /// Reads the settings; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init()
        kind = try node.read("kind")
        kindSource = try node.read("kindSource")
        agent = try node.read("agent")
        mode = try node.read("mode")
        image = try node.read("image")
        discussion = try node.read("discussion")
        model = try node.read("model")
        reasoningEffort = try node.read("reasoningEffort")
        template = try node.read("template")
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("kind", kind)
        object.put("kindSource", kindSource)
        object.put("agent", agent)
        object.put("mode", mode)
        object.put("image", image)
        object.put("discussion", discussion)
        object.put("model", model)
        object.put("reasoningEffort", reasoningEffort)
        object.put("template", template)
        return .object(object)
    }
}

extension AgentRunStatus.UsageStatus {
    /// Reads the usage; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            inputTokens: try node.require("inputTokens"), cachedInputTokens: try node.require("cachedInputTokens"),
            outputTokens: try node.require("outputTokens"), reasoningTokens: try node.require("reasoningTokens"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("inputTokens", inputTokens)
        object.put("cachedInputTokens", cachedInputTokens)
        object.put("outputTokens", outputTokens)
        object.put("reasoningTokens", reasoningTokens)
        return .object(object)
    }
}

extension AgentRunStatus.WaitStatus {
    /// Reads the wait; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            state: try node.require("state"), reason: try node.read("reason"), since: try node.read("since"),
            remaining: try node.read("remaining"), until: try node.read("until"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("state", state)
        object.put("reason", reason)
        object.put("since", since)
        object.put("remaining", remaining)
        object.put("until", until)
        return .object(object)
    }
}

extension AgentRunStatus.StoppingStatus {
    /// Reads what is being ended; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(
            reason: try node.require("reason"), message: try node.read("message"), since: try node.require("since"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("reason", reason)
        object.put("message", message)
        object.put("since", since)
        return .object(object)
    }
}

extension AgentRunStatus.ProgressStatus {
    /// Reads the progress; throws `DecodingError`.
    package init(node: JSONNode) throws {
        self.init(line: try node.read("line"), heartbeatTime: try node.read("heartbeatTime"))
    }

    /// What is set.
    package var json: JSONValue {
        var object = JSONObject()
        object.put("line", line)
        object.put("heartbeatTime", heartbeatTime)
        return .object(object)
    }
}
