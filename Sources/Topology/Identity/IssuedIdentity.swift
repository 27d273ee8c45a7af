/// A freshly issued identity: what goes into an identity directory. Prints as its name, never as its key.
package struct IssuedIdentity: Sendable, CustomStringConvertible, CustomReflectable {
    package let identity: SPIFFEID
    let authorityPEM: String
    package let certificatePEM: String
    let keyPEM: String

    package var description: String { "issued identity \(identity)" }
    package var customMirror: Mirror { Mirror(self, children: ["identity": identity]) }

    /// Writes `ca.pem`, `cert.pem` and `key.pem` into a directory, made with mode 0700 if absent.
    ///
    /// Each file appears whole or not at all. Refuses to overwrite unless `replacing`.
    package func save(to directory: IdentityDirectory, replacing: Bool = false) throws(TopologyError) {
        if !replacing { try directory.checkVacant() }
        try PrivateFile.makeDirectory(directory.path)
        try PrivateFile.write(authorityPEM, to: directory.authorityPath, mode: 0o644, replacing: replacing)
        try PrivateFile.write(keyPEM, to: directory.keyPath, replacing: replacing)
        try PrivateFile.write(certificatePEM, to: directory.certificatePath, mode: 0o644, replacing: replacing)
    }
}
