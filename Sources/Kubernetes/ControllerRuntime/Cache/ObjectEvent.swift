// SPDX-License-Identifier: MIT

/// A change of a cache.
package enum ObjectEvent<Object: Sendable>: Sendable {
    case added(Object)
    case updated(old: Object, new: Object)
    /// The last state that the cache knew.
    case deleted(Object)

    /// The newest state.
    package var object: Object {
        switch self {
        case .added(let object), .updated(_, let object), .deleted(let object): object
        }
    }

    /// Every state that the event is about: whoever the object belonged to, before or after, has to look.
    package var states: [Object] {
        switch self {
        case .added(let object), .deleted(let object): [object]
        case .updated(let old, let new): [old, new]
        }
    }
}

/// A change with what is known about how it came.
package struct ObjectDelivery<Object: Sendable>: Sendable {
    /// What changed.
    package var event: ObjectEvent<Object>
    /// The object was there when the cache first filled: less urgent than something that just happened.
    package var isInInitialList: Bool
    /// The deletion was noticed by the object's absence: what it was at the end is not known.
    package var isFinalStateUnknown: Bool

    /// A change; by default one that a watch told.
    package init(_ event: ObjectEvent<Object>, isInInitialList: Bool = false, isFinalStateUnknown: Bool = false) {
        self.event = event
        self.isInInitialList = isInInitialList
        self.isFinalStateUnknown = isFinalStateUnknown
    }
}
