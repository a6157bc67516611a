// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// Which changes of an object matter to a controller.
///
/// A predicate saves work; correctness must never depend on it, because a restart delivers everything.
package struct Predicate<Object: KubernetesObject>: Sendable {
    private let test: @Sendable (ObjectEvent<Object>) -> Bool

    /// A predicate made of a function.
    package init(_ test: @escaping @Sendable (ObjectEvent<Object>) -> Bool) {
        self.test = test
    }

    /// Whether the change matters.
    package func matches(_ event: ObjectEvent<Object>) -> Bool { test(event) }

    /// Every change matters.
    package static var always: Predicate { Predicate { _ in true } }

    /// Only updates are tested; what appears or goes always matters.
    package static func updates(_ test: @escaping @Sendable (_ old: Object, _ new: Object) -> Bool) -> Predicate {
        Predicate { event in
            if case .updated(let old, let new) = event { test(old, new) } else { true }
        }
    }

    /// The desired state changed, or deletion was asked for: a status that we wrote ourselves does not matter.
    package static var generationChanged: Predicate {
        .updates { old, new in
            old.metadata.generation != new.metadata.generation
                || old.metadata.isBeingDeleted != new.metadata.isBeingDeleted
                || old.metadata.finalizers != new.metadata.finalizers
        }
    }

    /// Updates matter when the server has a new version of the object: not what a relist delivers again.
    package static var resourceVersionChanged: Predicate {
        .updates { $0.metadata.resourceVersion != $1.metadata.resourceVersion }
    }

    /// Updates matter when labels changed.
    package static var labelsChanged: Predicate { .updates { $0.metadata.labels != $1.metadata.labels } }

    /// Updates matter when annotations changed.
    package static var annotationsChanged: Predicate {
        .updates { $0.metadata.annotations != $1.metadata.annotations }
    }

    /// Only deletions matter.
    package static var deleted: Predicate {
        Predicate { if case .deleted = $0 { true } else { false } }
    }

    /// Either of two.
    package static func || (left: Predicate, right: Predicate) -> Predicate {
        Predicate { left.matches($0) || right.matches($0) }
    }

    /// Both of two.
    package static func && (left: Predicate, right: Predicate) -> Predicate {
        Predicate { left.matches($0) && right.matches($0) }
    }

    /// The opposite.
    package static prefix func ! (predicate: Predicate) -> Predicate {
        Predicate { !predicate.matches($0) }
    }
}
