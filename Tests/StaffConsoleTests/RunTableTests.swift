// SPDX-License-Identifier: MIT
import AgentAPI
import JSONCoding
import Testing

@testable import StaffConsole

/// What kubectl would print, as a page has it.
@Suite(.timeLimit(.minutes(1))) struct RunTableTests {
    @Test func rowsAreOrderedByAgeAndWideColumnsAreLeftOut() throws {
        let table = try #require(
            RunTable(
                Sample.table([
                    ("b", "old", "2026-11-22T09:00:00Z", "Running"), ("b", "new", "2026-11-23T09:00:00Z", .null),
                    ("c", "same", "2026-11-23T08:00:00Z", "Failed"), ("a", "same", "2026-11-23T08:00:00Z", "Failed"),
                ])))
        #expect(table.columns == ["Name", "Repository", "Issue", "Kind", "Phase", "PR", "Age"])
        #expect(table.rows.map { "\($0.namespace)/\($0.name)" } == ["b/new", "a/same", "c/same", "b/old"])
        #expect(table.rows[0].cells == ["new", "acme/shop", "42", "dev", "", "", "5m"])
        #expect(table.continueToken == nil)
    }

    @Test func aPhaseIsChosenAndNoneIsPending() throws {
        let table = try #require(
            RunTable(
                Sample.table(
                    [
                        ("b", "one", "2026-11-22T09:00:00Z", "Running"), ("b", "two", "2026-11-23T09:00:00Z", .null),
                        ("b", "three", "2026-11-23T09:00:00Z", "Pending"),
                    ], continue: "next")))
        #expect(table.only(.running).rows.map(\.name) == ["one"])
        #expect(table.only(.pending).rows.map(\.name) == ["three", "two"])
        #expect(table.only(.failed).rows.isEmpty)
        #expect(table.only(nil) == table && table.continueToken == "next")
    }

    @Test func whatIsNoTableIsNone() {
        #expect(RunTable(["kind": "AgentRunList", "items": []]) == nil)
        #expect(RunTable(.null) == nil)
        #expect(RunTable(["kind": "Table", "columnDefinitions": [], "rows": [["cells": []]]]) == nil)
    }

    /// A server may send fewer cells than columns.
    @Test func missingCellsAreEmpty() throws {
        var json = Sample.table([("a", "one", "", "Running")])
        json["rows"] = [["cells": ["one", 5, true], "object": ["metadata": ["name": "one", "namespace": "a"]]]]
        let table = try #require(RunTable(json))
        #expect(table.rows.map(\.cells) == [["one", "5", "true", "", "", "", ""]])
        #expect(table.rows[0].created == nil)
    }
}
