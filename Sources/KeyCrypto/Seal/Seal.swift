/// Protects a node's own secrets at rest. What is sealed never leaves the node and never enters a backup.
/// Calls may take a tenth of a second or ask a device: never on an event loop.
package protocol Seal: Sendable {
    /// For logs and status, for example `passphrase`.
    var name: String { get }

    /// Seals 1 byte to 1 MiB. `label` says what it is; a record opens under its own label only.
    func seal(_ secret: borrowing SecretBytes, label: String) throws(CryptoError) -> [UInt8]

    /// Opens a record, or throws `sealRejected`.
    func unseal(_ record: [UInt8], label: String) throws(CryptoError) -> SecretBytes
}
