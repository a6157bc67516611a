// SPDX-License-Identifier: MIT
package import Postgres

extension PostgresConfiguration {
    /// For the running service: with the rights of the role that may append to the record and not change it, wherever
    /// the login is a member of it.
    ///
    /// The migrations make the role, and run themselves with the rights of their login.
    package static var service: PostgresConfiguration { PostgresConfiguration(preferredRole: "codexk8s_service") }
}
