// SPDX-License-Identifier: MIT

extension String {
    /// The beginning of the text, of at most so many characters as schemas count them (`maxLength`: code points, of
    /// which one visible character may have many). What is too long would have the whole status refused.
    func bounded(to length: Int) -> String {
        unicodeScalars.count <= length ? self : String(unicodeScalars.prefix(length - 1)) + "…"
    }
}
