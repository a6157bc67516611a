// SPDX-License-Identifier: MIT
import HTTPTypes
package import JSONCoding
package import KubernetesAPI

/// Which objects to list or watch.
package struct ListOptions: Sendable, Hashable {
    /// Which labels objects must have.
    package var labelSelector: LabelSelector
    /// Which field values objects must have.
    package var fieldSelector: FieldSelector
    /// Objects a page; nil lets the server answer with all.
    package var limit: Int?
    /// Where the last page ended.
    package var continueToken: String?
    /// Nil asks for the newest state; "0" takes whatever the server has at hand.
    package var resourceVersion: String?
    /// `Exact` or `NotOlderThan`.
    package var resourceVersionMatch: String?

    /// Options; the defaults ask for nothing special.
    package init(
        labelSelector: LabelSelector = .init(), fieldSelector: FieldSelector = .init(), limit: Int? = nil,
        continueToken: String? = nil, resourceVersion: String? = nil, resourceVersionMatch: String? = nil
    ) {
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.limit = limit
        self.continueToken = continueToken
        self.resourceVersion = resourceVersion
        self.resourceVersionMatch = resourceVersionMatch
    }

    var query: [RequestTarget.QueryItem] {
        var items: [RequestTarget.QueryItem] = []
        if !labelSelector.isEmpty { items.append(.init(name: "labelSelector", value: labelSelector.queryString)) }
        if !fieldSelector.isEmpty { items.append(.init(name: "fieldSelector", value: fieldSelector.queryString)) }
        if let limit { items.append(.init(name: "limit", value: String(limit))) }
        if let continueToken { items.append(.init(name: "continue", value: continueToken)) }
        if let resourceVersion { items.append(.init(name: "resourceVersion", value: resourceVersion)) }
        if let resourceVersionMatch {
            items.append(.init(name: "resourceVersionMatch", value: resourceVersionMatch))
        }
        return items
    }
}

/// What to watch, from where and for how long.
package struct WatchOptions: Sendable, Hashable {
    /// Which labels objects must have.
    package var labelSelector: LabelSelector
    /// Which field values objects must have.
    package var fieldSelector: FieldSelector
    /// Changes after this version; nil starts with the existing objects as `added`.
    package var resourceVersion: String?
    /// When the server ends the watch.
    package var timeout: Duration
    /// When the client ends it for want of a single byte; bookmarks count as life.
    package var idleTimeout: Duration
    /// Asks the server to say now and then how far it is.
    package var allowsBookmarks: Bool
    /// Asks for the existing objects first and a bookmark at their end.
    package var sendsInitialEvents: Bool

    /// Options; the defaults ask for nothing special.
    package init(
        labelSelector: LabelSelector = .init(), fieldSelector: FieldSelector = .init(), resourceVersion: String? = nil,
        timeout: Duration = .seconds(300), idleTimeout: Duration = .seconds(75), allowsBookmarks: Bool = true,
        sendsInitialEvents: Bool = false
    ) {
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.resourceVersion = resourceVersion
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.allowsBookmarks = allowsBookmarks
        self.sendsInitialEvents = sendsInitialEvents
    }

    var query: [RequestTarget.QueryItem] {
        var items = [RequestTarget.QueryItem(name: "watch", value: "true")]
        items +=
            ListOptions(
                labelSelector: labelSelector, fieldSelector: fieldSelector, resourceVersion: resourceVersion,
                resourceVersionMatch: sendsInitialEvents ? "NotOlderThan" : nil
            ).query
        items.append(.init(name: "timeoutSeconds", value: String(max(1, timeout.components.seconds))))
        if allowsBookmarks { items.append(.init(name: "allowWatchBookmarks", value: "true")) }
        if sendsInitialEvents { items.append(.init(name: "sendInitialEvents", value: "true")) }
        return items
    }
}

/// How an object is written.
package struct WriteOptions: Sendable, Hashable {
    /// Everything is checked and nothing is kept.
    package var isDryRun: Bool
    /// Who is recorded as the owner of what is written.
    package var fieldManager: FieldManager?
    /// `Strict` refuses fields that the schema does not know, `Warn` and `Ignore` drop them.
    package var fieldValidation: String?

    /// Options; by default everything is kept.
    package init(isDryRun: Bool = false, fieldManager: FieldManager? = nil, fieldValidation: String? = nil) {
        self.isDryRun = isDryRun
        self.fieldManager = fieldManager
        self.fieldValidation = fieldValidation
    }

    /// Checks everything and keeps nothing.
    package static let dryRun = WriteOptions(isDryRun: true)

    var query: [RequestTarget.QueryItem] {
        var items: [RequestTarget.QueryItem] = []
        if isDryRun { items.append(.init(name: "dryRun", value: "All")) }
        if let fieldManager { items.append(.init(name: "fieldManager", value: fieldManager.name)) }
        if let fieldValidation { items.append(.init(name: "fieldValidation", value: fieldValidation)) }
        return items
    }
}

/// How an object is deleted.
package struct DeleteOptions: Sendable, Hashable {
    /// What becomes of what the object owns.
    package enum Propagation: String, Sendable, Hashable {
        /// The object goes, then what it owns.
        case background = "Background"
        /// What it owns goes first.
        case foreground = "Foreground"
        /// What it owns stays, without owner.
        case orphan = "Orphan"
    }

    /// Deletes only the object with this uid; a namesake is a conflict.
    package var uid: String?
    /// Deletes only this version.
    package var resourceVersion: String?
    /// What becomes of what it owns; nil leaves that to the type.
    package var propagation: Propagation?
    /// How long the object may take for its own end.
    package var gracePeriodSeconds: Int?
    /// Everything is checked and nothing is deleted.
    package var isDryRun: Bool

    /// Options; the defaults ask for nothing special.
    package init(
        uid: String? = nil, resourceVersion: String? = nil, propagation: Propagation? = nil,
        gracePeriodSeconds: Int? = nil, isDryRun: Bool = false
    ) {
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.propagation = propagation
        self.gracePeriodSeconds = gracePeriodSeconds
        self.isDryRun = isDryRun
    }

    /// Deletes this very object and nothing that has taken its name.
    package static func exactly(_ metadata: ObjectMeta, propagation: Propagation? = nil) -> DeleteOptions {
        DeleteOptions(uid: metadata.uid, propagation: propagation)
    }

    /// The body of the request.
    package var body: JSONValue {
        var body: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if uid != nil || resourceVersion != nil {
            var preconditions: JSONObject = [:]
            if let uid { preconditions["uid"] = .string(uid) }
            if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion) }
            body["preconditions"] = .object(preconditions)
        }
        if let propagation { body["propagationPolicy"] = .string(propagation.rawValue) }
        if let gracePeriodSeconds { body["gracePeriodSeconds"] = .integer(Int64(gracePeriodSeconds)) }
        if isDryRun { body["dryRun"] = ["All"] }
        return body
    }
}
