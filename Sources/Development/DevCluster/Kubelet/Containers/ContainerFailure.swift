// SPDX-License-Identifier: MIT

/// Why a container cannot be started, in the words of a kubelet: shown as the reason and message of `waiting`.
struct ContainerFailure: Error, Sendable, Equatable {
    let reason: String
    let message: String

    /// Something that the spec refers to is missing; it may still come.
    static func configuration(_ message: String) -> ContainerFailure {
        ContainerFailure(reason: "CreateContainerConfigError", message: message)
    }

    /// The program cannot be started.
    static func creation(_ message: String) -> ContainerFailure {
        ContainerFailure(reason: "CreateContainerError", message: message)
    }

    /// A volume cannot be made; it may still come.
    static func mount(_ message: String) -> ContainerFailure {
        ContainerFailure(reason: "ContainerCreating", message: message)
    }
}
