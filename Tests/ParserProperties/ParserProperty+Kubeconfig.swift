// SPDX-License-Identifier: MIT
import KubernetesClient

extension ParserProperty {
    /// A configuration that can be used, or an error that says why not and where.
    func checkKubeconfig(_ input: [UInt8]) throws(PropertyViolation) -> MemoryMeasure {
        let source = "/etc/codex-k8s/kubeconfig"
        let text = String(decoding: input, as: UTF8.self)
        let outcome = Result { () throws(ConfigurationError) in try Kubeconfig.parse(text, path: source) }
        switch outcome {
        case .success(let configuration):
            let server = configuration.server
            let hasHost = ["https://", "http://"].contains { scheme in
                server.hasPrefix(scheme) && server.utf8.count > scheme.utf8.count
            }
            try expect(hasHost, "the server \"\(server)\" has no host")
            try expect(!server.hasSuffix("/"), "the server \"\(server)\" ends in a slash")
        case .failure(let error):
            try expect(error.source == source, "the error names \(error.source), which is not the file")
            try expect(!error.problem.isEmpty, "the error says nothing")
        }
        return MemoryMeasure(input)
    }
}
