// SPDX-License-Identifier: MIT
import ExpressionLanguage
import JSONCoding
import Testing

@Suite struct EvaluationTests {
    @Test(arguments: literals + operators + logic + fields + strings + lists + macros + conversions + times + optionals)
    func gives(_ row: Row) throws {
        #expect(try Table.evaluate(row.expression) == row.expected)
    }

    static let literals: [Row] = [
        Row("1", 1), Row("-1", -1), Row("0x1F", 31), Row("-9223372036854775808", .integer(.min)),
        Row("9223372036854775807", .integer(.max)), Row("7u", 7), Row("1.5", 1.5), Row(".5", 0.5), Row("1e3", 1000.0),
        Row("2.5e-1", 0.25), Row("'a'", "a"), Row("\"a'b\"", "a'b"), Row("'''a'b'''", "a'b"),
        Row("'''two\nlines'''", "two\nlines"), Row("r'\\n'", "\\n"), Row("'\\n\\t\\\\'", "\n\t\\"),
        Row("'\\x41\\u00e9\\U0001F600\\101'", "Aé😀A"), Row("b'ab'", [97, 98]), Row("b'\\xff'", [255]), Row("null", nil),
        Row("true", true), Row("[]", []), Row("[1, 2,]", [1, 2]), Row("{}", [:]),
        Row("{'a': 1, 'b': 2}", ["a": 1, "b": 2]),
        Row("{1: 'x'}[1]", "x"), Row("1 // comment\n + 1", 2), Row("(1)", 1), Row("type(1) == int", true),
        Row("type('') == string && type(1u) == uint && type(b'') == bytes", true), Row("type(null) == null_type", true),
        Row("type(type(1)) == type", true), Row("type(1) == type(2u)", false),
    ]

    static let operators: [Row] = [
        Row("1 + 2 * 3", 7), Row("(1 + 2) * 3", 9), Row("7 / 2", 3), Row("-7 / 2", -3), Row("-7 % 3", -1),
        Row("10 - 3 - 2", 5), Row("2.0 * 1.5", 3.0), Row("1.0 / 0.0 > 1e308", true), Row("'a' + 'b'", "ab"),
        Row("[1] + [2]", [1, 2]), Row("b'a' + b'b'", [97, 98]), Row("--1", 1), Row("-n", -7), Row("!false", true),
        Row("!!b", true), Row("1 < 2", true), Row("2 <= 2 && 2 >= 2 && 3 > 2", true), Row("1 < 1.5", true),
        Row("2u > 1", true), Row("-1 < 0u", true),
        Row("'a' < 'b' && 'B' < 'a'", true), Row("'é' > 'z'", true), Row("false < true", true),
        Row("b'a' < b'b'", true),
        Row("1 == 1", true), Row("1 != 2", true), Row("'a' == 'a'", true), Row("[1, 2] == [1, 2]", true),
        Row("{'a': 1} == {'a': 1}", true), Row("{'a': 1} == {'a': 2}", false), Row("dyn(1) == 1.0", true),
        Row("dyn(1) == 1u", true), Row("dyn('1') == 1", false), Row("x == null", false), Row("dyn(null) == null", true),
        Row("'e\\u0301' == '\\u00e9'", false), Row("2 in list", true), Row("5 in list", false),
        Row("'one' in map", true),
        Row("'a' in x", true), Row("!('z' in x)", true), Row("n > 5 ? 'big' : 'small'", "big"),
        Row("b ? 1 : (1 / 0)", 1), Row("false ? 1 : true ? 2 : 3", 2),
    ]

    static let logic: [Row] = [
        Row("true && true", true), Row("true && false", false), Row("false || true", true),
        Row("false || false", false),
        Row("1 / 0 > 0 || true", true), Row("true || 1 / 0 > 0", true), Row("1 / 0 > 0 && false", false),
        Row("false && 1 / 0 > 0", false), Row("true && true && false && 1 / 0 > 0", false),
        Row("x.missing == 1 || true", true), Row("has(x.a) && x.a == 1", true),
        Row("[1, 2].exists(i, i / 0 > 1 || i == 2)", true),
    ]

    static let fields: [Row] = [
        Row("x.a", 1), Row("x.b.c", "deep"), Row("x['a']", 1), Row("x.l[2]", "three"), Row("x.l[3] == null", true),
        Row("x.l[1.0]", 2.5), Row("list[0]", 1), Row("map.one", 1), Row("map['two']", 2), Row("self.name", "n"),
        Row("self.tags[1]", "q"), Row("self.labels.k", "v"), Row("self.__namespace__", "ns"),
        Row("variables.image", "img"),
        Row("has(x.a)", true), Row("has(x.z)", false), Row("has(self.inner)", false), Row("has(self.name)", true),
        Row("has(self.labels.k) && !has(self.labels.z)", true), Row("[{'a': 1}][0].a", 1),
        Row("{'namespace': 1}.namespace", 1),
    ]

    static let strings: [Row] = [
        Row("size('héé')", 3), Row("'héé'.size()", 3), Row("size(b'abc')", 3), Row("s.startsWith('Hell')", true),
        Row("s.endsWith('rld')", true), Row("s.contains('lo, W')", true), Row("s.contains('')", true),
        Row("s.lowerAscii()", "hello, wörld"), Row("s.upperAscii()", "HELLO, WöRLD"), Row("'  a b\\t'.trim()", "a b"),
        Row("'a,b,c'.split(',')", ["a", "b", "c"]), Row("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        Row("'abc'.split('')", ["a", "b", "c"]), Row("'a,b'.split(',', 0)", []), Row("''.split(',')", [""]),
        Row("'a,,b'.split(',')", ["a", "", "b"]), Row("'banana'.replace('an', 'x')", "bxxa"),
        Row("'banana'.replace('a', 'o', 2)", "bonona"), Row("'ab'.replace('', '-')", "-a-b-"),
        Row("'ab'.replace('z', '-')", "ab"), Row("'hello'.substring(1)", "ello"), Row("'hello'.substring(1, 3)", "el"),
        Row("'héllo'.charAt(1)", "é"), Row("'ab'.charAt(2)", ""), Row("'hello'.indexOf('l')", 2),
        Row("'hello'.indexOf('l', 3)", 3), Row("'hello'.indexOf('z')", -1), Row("'hello'.lastIndexOf('l')", 3),
        Row("'hello'.lastIndexOf('l', 2)", 2), Row("['a', 'b'].join('-')", "a-b"),
        Row("['a', 'b'].join()", "ab"), Row("'abc'.matches('^a.c$')", true), Row("matches('abc', 'b')", true),
        Row("'abc'.matches('^b')", false), Row("'abc 123 def'.find('[0-9]+')", "123"), Row("'abc'.find('[0-9]')", ""),
        Row("'1a22b333'.findAll('[0-9]+')", ["1", "22", "333"]), Row("'1a22b333'.findAll('[0-9]+', 2)", ["1", "22"]),
        Row("'aaab'.indexOf('aab')", 1), Row("'ababac'.indexOf('abac')", 2),
    ]

    static let lists: [Row] = [
        Row("size(list)", 3), Row("list.size()", 3), Row("map.size()", 2), Row("size({})", 0),
        Row("names.isSorted()", false),
        Row("list.isSorted()", true), Row("list.sum()", 6), Row("[1.5, 2.5].sum()", 4.0), Row("list.min()", 1),
        Row("names.max()", "c"), Row("names.indexOf('a')", 1), Row("[1, 2, 1].lastIndexOf(1)", 2),
        Row("[].sum() == 0", true), Row("names.indexOf('z')", -1),
    ]

    static let macros: [Row] = [
        Row("list.all(i, i > 0)", true), Row("list.all(i, i > 1)", false), Row("[].all(i, false)", true),
        Row("list.exists(i, i == 2)", true), Row("[].exists(i, true)", false), Row("list.exists_one(i, i > 2)", true),
        Row("list.exists_one(i, i > 1)", false),
        Row("list.filter(i, i % 2 == 1)", [1, 3]), Row("list.map(i, i * i)", [1, 4, 9]),
        Row("list.map(i, i > 1, i * 10)", [20, 30]), Row("map.all(k, map[k] > 0)", true),
        Row("map.filter(k, map[k] > 1)", ["two"]), Row("list.map(i, list.map(j, i * j)).size()", 3),
        Row("list.all(i, list.exists(j, i == j))", true), Row("list.map(n, n)[0] + n", 8),
        Row("x.l.exists(i, i == 'three')", true), Row("[1, 0].all(i, 1 / i > 5)", false),
    ]

    static let conversions: [Row] = [
        Row("int('42')", 42), Row("int(2.9)", 2), Row("int(-2.9)", -2), Row("int(3u)", 3), Row("uint(3)", 3),
        Row("uint('3')", 3),
        Row("double(2)", 2.0), Row("double('2.5')", 2.5), Row("string(1)", "1"), Row("string(1.5)", "1.5"),
        Row("string(true)", "true"), Row("string(b'ab')", "ab"), Row("bool('true')", true),
        Row("bytes('ab')", [97, 98]),
        Row("string(duration('90m'))", "5400s"), Row("int(timestamp('1970-01-01T00:01:00Z'))", 60),
        Row("dyn(1) + 1", 2),
    ]

    static let times: [Row] = [
        Row("duration('1h30m') == duration('90m')", true), Row("duration('1m') < duration('1h')", true),
        Row("duration('-1.5s') < duration('0')", true), Row("string(duration('1.5s'))", "1.5s"),
        Row("duration('1h') + duration('30m') == duration('90m')", true), Row("duration('90m').getHours()", 1),
        Row("duration('90m').getMinutes()", 90), Row("duration('1500ms').getSeconds()", 1),
        Row("timestamp('2026-11-22T21:00:00Z') < timestamp('2026-11-22T21:00:01Z')", true),
        Row("timestamp('2026-11-22T23:00:00+02:00') == timestamp('2026-11-22T21:00:00Z')", true),
        Row("timestamp('2026-11-22T21:00:00Z') - timestamp('2026-11-22T20:00:00Z') == duration('1h')", true),
        Row("string(timestamp('2026-02-28T23:59:59.5Z') + duration('1s'))", "2026-03-01T00:00:00.5Z"),
        Row("string(timestamp('2024-03-01T00:00:00Z') - duration('24h'))", "2024-02-29T00:00:00Z"),
        Row("string(timestamp('1969-12-31T23:59:59Z'))", "1969-12-31T23:59:59Z"),
        Row("time.getFullYear()", 2026), Row("time.getMonth()", 10), Row("time.getDate()", 22),
        Row("time.getDayOfMonth()", 21),
        Row("time.getDayOfWeek()", 0), Row("time.getDayOfYear()", 325), Row("time.getHours()", 21),
        Row("time.getMinutes()", 5),
        Row("time.getSeconds()", 6), Row("time.getMilliseconds()", 789),
    ]

    static let optionals: [Row] = [
        Row("oldSelf.hasValue()", false), Row("oldSelf.orValue(5)", 5), Row("optional.of(3).value()", 3),
        Row("optional.none().hasValue()", false), Row("x.?a.orValue(0)", 1), Row("x.?z.orValue(0)", 0),
        Row("x[?'a'].hasValue()", true), Row("list[?9].hasValue()", false), Row("x.?b.c.orValue('')", "deep"),
        Row("x.?q.c.orValue('none')", "none"), Row("optional.of(2).optMap(v, v * 2).value()", 4),
        Row("optional.none().optMap(v, v).hasValue()", false), Row("x.?z.or(optional.of(9)).value()", 9),
    ]
}
