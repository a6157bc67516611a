// SPDX-License-Identifier: MIT

/// A value behind a reference: a copy is one retain, a change copies the value only when somebody else has it too.
///
/// For large parts of objects, which are copied at every step and changed now and then. An array is the reference,
/// because the compiler proves its copy-on-write to be safe between threads.
@propertyWrapper
@usableFromInline
package struct Boxed<Value: Sendable>: Sendable {
    /// Exactly one.
    @usableFromInline var storage: [Value]

    /// Wraps a value.
    @inlinable
    package init(wrappedValue: Value) { storage = [wrappedValue] }

    /// The value; changed in place.
    @inlinable
    package var wrappedValue: Value {
        _read { yield storage[0] }
        _modify { yield &storage[0] }
    }
}

extension Boxed: Equatable where Value: Equatable {}
extension Boxed: Hashable where Value: Hashable {}

/// A rarely used part behind a reference: where there is none, it takes one word.
@propertyWrapper
@usableFromInline
package struct BoxedOptional<Value: Sendable>: Sendable {
    /// One or none; one that is nil while it is changed.
    @usableFromInline var storage: [Value?]

    /// No value.
    @inlinable
    package init() { storage = [] }

    /// Wraps a value, if there is one.
    @inlinable
    package init(wrappedValue: Value?) { storage = wrappedValue == nil ? [] : [wrappedValue] }

    /// The value; changed in place.
    @inlinable
    package var wrappedValue: Value? {
        _read {
            if storage.isEmpty { yield nil } else { yield storage[0] }
        }
        set { storage = newValue == nil ? [] : [newValue] }
        _modify {
            if storage.isEmpty { storage = [nil] }
            defer { if storage[0] == nil { storage = [] } }
            yield &storage[0]
        }
    }
}

extension BoxedOptional: Equatable where Value: Equatable {}
extension BoxedOptional: Hashable where Value: Hashable {}
