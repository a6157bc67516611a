// SPDX-License-Identifier: MIT
package import KubernetesAPI

/// How an informer is doing, for probes and people.
package struct CacheHealth: Sendable {
    /// Whether every part was filled once.
    package var isSynced: Bool
    /// Why the cache does not follow the collection at the moment; nil when it does.
    package var problem: String?
    /// For how long there has been a problem without a break.
    package var failingFor: Duration?
    /// How long ago the server said anything; nil before it ever did. Bookmarks keep this to about a minute.
    package var silentFor: Duration?
    /// Why lists come by pages although they are asked for as streams; nil when they come as streams.
    package var fallback: String?
    /// Objects that exist but cannot be read.
    package var poison: [ObjectKey: PoisonObject]
}
