// SPDX-License-Identifier: MIT

/// The answer to a refused push in git's own words, so that `git push` shows the reason beside the ref.
enum ReceivePackReport {
    /// nil when the client cannot read a report.
    static func refusal(_ reason: String, of request: ReceivePackRequest) -> [UInt8]? {
        let reads = ["report-status", "report-status-v2"].contains { request.capabilities.contains($0) }
        guard reads else { return nil }
        var report = PktLine.line(Array("unpack ok\n".utf8))
        for command in request.commands { report += PktLine.line(Array("ng \(command.reference) \(reason)\n".utf8)) }
        report += PktLine.flush
        let wide = request.capabilities.contains("side-band-64k")
        guard wide || request.capabilities.contains("side-band") else { return report }
        // Band 1 carries the report; a line holds four digits, the band's number and the rest.
        let room = (wide ? PktLine.maximumLength : 1_000) - 5
        var answer: [UInt8] = []
        var rest = report[...]
        while !rest.isEmpty {
            answer += PktLine.line([1] + rest.prefix(room))
            rest = rest.dropFirst(room)
        }
        return answer + PktLine.flush
    }
}
