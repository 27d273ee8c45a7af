/// Where an identity lies on disk: `ca.pem`, `cert.pem`, `key.pem`.
package struct IdentityDirectory: Sendable, Hashable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var authorityPath: String { "\(path)/ca.pem" }
    package var certificatePath: String { "\(path)/cert.pem" }
    package var keyPath: String { "\(path)/key.pem" }

    /// Whether all three files are there.
    package var isComplete: Bool { [authorityPath, certificatePath, keyPath].allSatisfy(TextFile.exists) }

    /// What the certificate says.
    package func summary() throws(TopologyError) -> CertificateSummary { try CertificateSummary(path: certificatePath) }

    /// Throws if any of the three files is there.
    func checkVacant() throws(TopologyError) {
        for path in [authorityPath, certificatePath, keyPath] where TextFile.exists(path) {
            throw TopologyError(path, "the file exists and is not overwritten")
        }
    }
}
