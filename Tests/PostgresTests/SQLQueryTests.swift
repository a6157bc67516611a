// SPDX-License-Identifier: MIT
import JSONCoding
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1)))
struct SQLQueryTests {
    @Test
    func interpolationBinds() {
        let name = "x'; DROP TABLE runs; --"
        let missing: String? = nil
        let query: SQLQuery = "SELECT \(name), \(7), \(missing), \(true), \(1.5)"
        #expect(query.text == "SELECT $1, $2, $3, $4, $5")
        #expect(query.parameters == [.text(name), .integer(7), .null, .bool(true), .double(1.5)])
    }

    @Test
    func identifiersAreQuoted() {
        let query: SQLQuery = "TABLE \(identifier: "a\"b\0; c")"
        #expect(query.text == "TABLE \"a\"\"b; c\"")
        #expect(query.parameters.isEmpty)
    }

    @Test
    func fragmentsAreNumberedAnew() {
        let condition: SQLQuery = "a = \(1) AND b = \("x")"
        let query: SQLQuery = "SELECT \(0) WHERE \(fragment: condition) LIMIT \(5)"
        #expect(query.text == "SELECT $1 WHERE a = $2 AND b = $3 LIMIT $4")
        #expect(query.parameters == [.integer(0), .integer(1), .text("x"), .integer(5)])
    }

    @Test
    func refusesTextThatPostgresCannotHold() {
        let error = #expect(throws: PostgresError.self) { try SQLParameter.text("a\0b").wire() }
        #expect(error?.code == .usage)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct StatementCacheTests {
    private func check(_ decision: StatementCache.Decision, _ expected: StatementCache.Decision, line: Int = #line) {
        #expect(decision == expected, "line \(line)")
    }

    @Test
    func preparesAtTheSecondUse() {
        var cache = StatementCache(capacity: 2)
        check(cache.use("a"), .direct)
        check(cache.use("a"), .prepare(name: "s1", evicting: nil))
        check(cache.use("a"), .prepared(name: "s1"))
        cache.forget("a")
        check(cache.use("a"), .direct)
    }

    @Test
    func evictsTheLeastRecentlyUsed() {
        var cache = StatementCache(capacity: 2)
        for text in ["a", "b", "c"] { #expect(cache.use(text) == .direct) }
        check(cache.use("a"), .prepare(name: "s1", evicting: nil))
        check(cache.use("b"), .prepare(name: "s2", evicting: nil))
        check(cache.use("a"), .prepared(name: "s1"))
        check(cache.use("c"), .prepare(name: "s3", evicting: "s2"))
        check(cache.use("b"), .direct)
    }

    @Test
    func forgetsTextsUsedOnce() {
        var cache = StatementCache(capacity: 2)
        for number in 0..<100 { #expect(cache.use("q\(number)") == .direct) }
        check(cache.use("q0"), .direct)
        check(cache.use("q99"), .prepare(name: "s1", evicting: nil))
    }
}

@Suite(.timeLimit(.minutes(1)))
struct PostgresErrorTests {
    @Test(arguments: [
        ("40001", true, false), ("40P01", true, false), ("57P01", true, true), ("57P03", true, true),
        ("53300", true, true), ("23505", false, false), ("42P01", false, false), ("57014", false, false),
    ])
    func saysWhetherTryingAgainHelps(state: String, isRetryable: Bool, isUnavailability: Bool) {
        let error = PostgresError(.server, "x", sqlState: SQLState(rawValue: state))
        #expect(error.isRetryable == isRetryable)
        #expect(error.isUnavailability == isUnavailability)
        #expect(error.shortDescription == "server:\(state)")
    }
}
