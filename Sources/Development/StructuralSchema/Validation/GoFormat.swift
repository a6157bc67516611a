// SPDX-License-Identifier: MIT

/// How the API server, written in Go, prints numbers in messages.
enum GoFormat {
    /// The shortest digits that tell the number from all others; with an exponent below 0.0001 and from a million on.
    static func text(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
        let digits = String("\(number.magnitude)".split(separator: "e")[0].filter { $0 != "." })
        var significant = digits.drop { $0 == "0" }
        while significant.last == "0" { significant.removeLast() }
        let exponent = self.exponent(of: number.magnitude)
        let sign = number < 0 ? "-" : ""
        if exponent < -4 || exponent >= 6 {
            let mantissa = significant.count == 1 ? "\(significant)" : "\(significant.prefix(1)).\(significant.dropFirst())"
            let magnitude = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(magnitude)"
        }
        if let whole = Int64(exactly: number) { return "\(whole)" }
        return "\(number)"
    }

    private static func exponent(of magnitude: Double) -> Int {
        var exponent = 0
        var value = magnitude
        while value >= 10 {
            value /= 10
            exponent += 1
        }
        while value < 1 {
            value *= 10
            exponent -= 1
        }
        return exponent
    }
}
