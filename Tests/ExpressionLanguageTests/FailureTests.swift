// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding
import Testing

@Suite struct FailureTests {
    static let compileFailures: [Failure] = [
        Failure("", "a value"), Failure("1 +", "a value"), Failure("(1", "')'"),
        Failure("1 2", "end of the expression"),
        Failure("'open", "unterminated"), Failure("'\\q'", "escape"),
        Failure("9223372036854775808", "invalid int literal"),
        Failure("a.b.c", "undeclared reference to 'a'"), Failure("unknown(1)", "undeclared reference to 'unknown'"),
        Failure("self.nope", "undefined field 'nope'"), Failure("has(self.nope)", "undefined field 'nope'"),
        Failure("self.inner.nope", "undefined field 'nope'"), Failure("has(x)", "invalid argument to has() macro"),
        Failure("n.field", "does not support field selection"), Failure("n + 'a'", "no matching overload for '_+_'"),
        Failure("1 == 'a'", "no matching overload for '_==_'"), Failure("1 == 1.0", "no matching overload for '_==_'"),
        Failure("n && b", "no matching overload for '_&&_'"), Failure("!n", "no matching overload for '!_'"),
        Failure("b ? 1 : 'a'", "no matching overload for '_?_:_'"),
        Failure("[1, 'a']", "expected type 'int' but found 'string'"),
        Failure("{'a': 1, 'b': true}", "expected type 'int' but found 'bool'"), Failure("list['a']", "'_[_]'"),
        Failure("'a' in list", "'@in'"), Failure("n.all(i, true)", "cannot be range of a comprehension"),
        Failure("list.all(1, true)", "must be a simple name"), Failure("list.all(i, i)", "no matching overload"),
        Failure("s.startsWith(1)", "applied to 'string.(int)'"), Failure("for", "reserved identifier: for"),
        Failure("authorizer.path('/')", "authorizer is not supported: it is not here"),
        Failure("quantity('1Gi')", "the function quantity() is not supported"),
        Failure("url('x')", "the function url() is not supported"),
        Failure("'%d'.format([1])", "the function format() is not supported"),
        Failure("ip('::1')", "the function ip() is not supported"),
        Failure("Msg{a: 1}", "message literals"), Failure("[?x.a]", "optional elements"),
        Failure("{?'a': x.a}", "optional entries"),
        Failure("list.transformList(i, v, v)", "transformList() is not supported"),
        Failure("`a`", "quoted identifiers"),
        Failure(".a", "leading dot"), Failure("list.all(i, j, true)", "3 arguments is not supported"),
        Failure("1 = 2", "token recognition error"), Failure("@", "token recognition error"), Failure("a ? b", "':'"),
        Failure("'a'.reverse()", "reverse"), Failure("list.existsOne(i, b)", "undeclared"),
        Failure(String(repeating: "(", count: 300) + "1" + String(repeating: ")", count: 300), "recursion limit"),
        Failure(String(repeating: "-", count: 300) + "n", "recursion limit"),
        Failure("1" + String(repeating: "+1", count: 300), "recursion limit"),
        Failure(String(repeating: "[", count: 500), "recursion limit"),
        Failure("'" + String(repeating: "a", count: 70_000) + "'", "longer than"),
    ]

    @Test(arguments: compileFailures) func isRefused(_ failure: Failure) {
        let error = #expect(throws: CELCompileError.self) { try Table.evaluate(failure.expression) }
        #expect(error?.message.contains(failure.message) == true, "\(error.map(\.message) ?? "")")
    }

    @Test func pointsAtTheLineAndColumn() {
        let error = #expect(throws: CELCompileError.self) { try Table.evaluate("n > 1 &&\n  self.nope == 1") }
        #expect(error?.line == 2)
        #expect(error?.column == 7)
        #expect(error?.description.hasSuffix(" |   self.nope == 1\n | ......^") == true)
    }

    static let evaluationFailures: [Failure] = [
        Failure("1 / (n - 7)", "division by zero"), Failure("1 % (n - 7)", "modulus by zero"),
        Failure("9223372036854775807 + n", "integer overflow"), Failure("-9223372036854775808 - n", "integer overflow"),
        Failure("9223372036854775807 * n", "integer overflow"),
        Failure("-9223372036854775808 / -1", "integer overflow"),
        Failure("-(-9223372036854775808)", "integer overflow"), Failure("0u - 1u", "unsigned integer overflow"),
        Failure("int(1e19)", "integer overflow"), Failure("uint(-1)", "unsigned integer overflow"),
        Failure("x.missing", "no such key: missing"),
        Failure("x['missing']", "no such key: missing"), Failure("list[9]", "index out of bounds: 9"),
        Failure("list[-1]", "index out of bounds: -1"),
        Failure("self.inner.deep", "no such key: inner"), Failure("int('x')", "invalid syntax"),
        Failure("duration('soon')", "invalid duration"),
        Failure("timestamp('2026-02-30T00:00:00Z')", "invalid timestamp"),
        Failure("duration('9999999h') + duration('1s')", "invalid duration"),
        Failure("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "timestamp overflow"),
        Failure("x.a + x.b", "no such overload"),
        Failure("x.a && true", "no such overload"), Failure("x.a.b", "no such overload"),
        Failure("dyn([]).min()", "empty list"),
        Failure("{1: 1}[dyn('a')]", "no such key: a"), Failure("{n: 1, 7: 2}", "repeated key"),
        Failure("'abc'.substring(5)", "out of range"),
        Failure("'abc'.substring(2, 1)", "invalid substring range"),
        Failure("'a'.matches('(')", "error parsing regexp"),
        Failure("optional.none().value()", "dereference"), Failure("x.t || x.a > 0 && (x.missing > 0)", ""),
        Failure("false || x.missing == 1", "no such key"), Failure("list.all(i, x.missing > i)", "no such key"),
    ]

    @Test(arguments: evaluationFailures.filter { !$0.message.isEmpty }) func fails(_ failure: Failure) {
        let error = #expect(throws: CELEvaluationError.self) { try Table.evaluate(failure.expression) }
        #expect(error?.description.contains(failure.message) == true, "\(error.map(\.description) ?? "")")
    }

    /// Rules come from whoever may install a definition, values from whoever may create an object: neither may hang us.
    static let hostile: [String] = [
        "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, "
            + "[1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, true))))))",
        "[s,s,s,s,s,s,s,s].map(a, [s,s,s,s,s,s,s,s].map(b, [s,s,s,s,s,s,s,s].map(c, [s,s,s,s,s,s,s,s].map(d, "
            + "[s,s,s,s,s,s,s,s].map(e, [s,s,s,s,s,s,s,s].map(f, a + b + c + d + e + f)))))).size() > 0",
        "('a,a,a,a,a,a,a,a,a,a'.split(',')).all(a, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.matches('(a*)*(a*)*b') "
            + "|| [1,2,3,4,5,6,7,8,9].all(i, [1,2,3,4,5,6,7,8,9].all(j, [1,2,3,4,5,6,7,8,9].all(k, "
            + "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replace('a', 'bbbbbbbbbb')"
            + ".size() > 0))))",
    ]

    @Test(.timeLimit(.minutes(1)), arguments: hostile) func endsAtTheCostLimit(_ expression: String) {
        #expect(throws: CELEvaluationError.costLimitExceeded) { try Table.evaluate(expression, budget: 100_000) }
    }

    @Test func noOperatorHidesTheCostLimit() {
        #expect(throws: CELEvaluationError.costLimitExceeded) {
            try Table.evaluate("list.all(i, i > 0) || true", budget: 3)
        }
        #expect(throws: CELEvaluationError.costLimitExceeded) {
            try Table.evaluate("[1].exists(i, list.all(j, j > 0) || true)", budget: 16)
        }
    }
}
