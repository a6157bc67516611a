// SPDX-License-Identifier: MIT
import AgentAPI
import Testing

@testable import AgentRunner

struct SecretMaskTests {
    @Test(arguments: [
        ("key sk-proj-abcdefghijklmnop1234 end", "key ‹redacted› end"),
        ("sk-abcdefghijklmnop", "‹redacted›"),
        ("a ghs_16C7e42F292c6912E7710c838347Ae178B4a!", "a ‹redacted›!"),
        ("ghp_0123456789 gho_0123456789 ghu_0123456789 ghr_0123456789", "‹redacted› ‹redacted› ‹redacted› ‹redacted›"),
        ("github_pat_11ABCDEFG0abc_def", "‹redacted›"),
        ("jwt=eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl;", "jwt=‹redacted›;"),
        ("eyJhbGciOi.eyJzdWIiOi.", "‹redacted›"),
        ("Authorization: Bearer abc.def-ghi~1+/==", "Authorization: Bearer ‹redacted›"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic ‹redacted›"),
        ("x -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- y", "x ‹redacted› y"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "‹redacted›"),
        ("postgres://me:secret@host/db", "postgres://me:‹redacted›@host/db"),
    ])
    func credentialsAreHidden(text: String, shown: String) {
        #expect(SecretMask.mask(text) == shown)
    }

    @Test(arguments: [
        "a risk-averse-and-long-hyphenated-word", "sk-short", "bearer of news", "eyJ.x.y", "eyJabcdef", "ghs_", "",
        "→ €",
        "http://host:80/a@b", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", "basic idea",
    ])
    func otherTextsStay(text: String) {
        #expect(SecretMask.mask(text) == text)
    }

    @Test func aLongTextTakesTimeInProportion() {
        let start = ContinuousClock.now
        let dashes = String(repeating: "sk-x eyJa. bearer x -----BEGIN :// ", count: 3_000)
        let isSame = SecretMask.mask(dashes) == dashes
        #expect(isSame)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func aLineHasNoLineFeedsAndIsCutAfterItWasMasked() {
        #expect(OneLine.make("a\n b\t\u{1B}c \r\n", limit: 10) == "a b c")
        #expect(OneLine.make("12345678901", limit: 10) == "123456789…")
        #expect(OneLine.make("12345 sk-abcdefghijklmnopqrst", limit: 14) == "12345 ‹redact…")
    }
}
