import Crypto
package import FoundationEssentials
import SwiftASN1
import X509

/// The three files of an identity directory as they were at one moment. Prints as a digest, never as its key.
package struct IdentityMaterial: Sendable, CustomStringConvertible, CustomReflectable {
    package let directory: IdentityDirectory
    /// PEM texts: the authorities, the certificate with its intermediates, the key.
    package let authorities: String
    package let certificates: String
    package let privateKey: String

    /// Reads the files; says nothing yet about whether they fit together.
    package init(reading directory: IdentityDirectory) throws(TopologyError) {
        self.directory = directory
        authorities = try TextFile.read(directory.authorityPath, limit: CertificateFile.limit)
        certificates = try TextFile.read(directory.certificatePath, limit: CertificateFile.limit)
        privateKey = try TextFile.read(directory.keyPath, limit: CertificateFile.limit)
    }

    /// Tells one content from another: SHA-256 over the three.
    package var fingerprint: [UInt8] {
        var hasher = SHA256()
        for text in [authorities, certificates, privateKey] {
            let part = SHA256.hash(data: Array(text.utf8))
            part.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
        return Array(hasher.finalize())
    }

    package var description: String { "identity \(Hexadecimal.encode(Array(fingerprint.prefix(8))))" }
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }

    /// What the certificate says, if it is of `expected`, in its time, of one of the authorities, and the key's. Files
    /// that are replaced one after the other fail here until all three are there.
    package func check(expecting expected: SPIFFEID, now: Date = Date()) throws(TopologyError) -> CertificateSummary {
        let chain = try Self.all(certificates, path: directory.certificatePath)
        let leaf = chain[0]
        let summary = CertificateSummary(leaf)
        guard summary.identity == expected else {
            throw TopologyError(
                directory.certificatePath,
                "the certificate is for \(summary.identity?.uri ?? "nobody"), not for \(expected.uri)")
        }
        guard summary.notBefore <= now, now < summary.notAfter else {
            throw TopologyError(
                directory.certificatePath, now < summary.notBefore ? "is not valid yet" : "has expired")
        }
        let roots = try Self.all(authorities, path: directory.authorityPath)
        guard Self.leads(chain, to: roots) else {
            throw TopologyError(
                directory.certificatePath, "was not issued by an authority in \(directory.authorityPath)")
        }
        guard let key = try? Certificate.PrivateKey(pemEncoded: privateKey) else {
            throw TopologyError(directory.keyPath, "this is not a private key in PEM")
        }
        guard key.publicKey == leaf.publicKey else {
            throw TopologyError(directory.keyPath, "the key does not belong to \(directory.certificatePath)")
        }
        return summary
    }

    /// At least one certificate.
    private static func all(_ text: String, path: String) throws(TopologyError) -> [Certificate] {
        do {
            let certificates = try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
            if !certificates.isEmpty { return certificates }
        } catch {
            throw TopologyError(path, "this is not a certificate in PEM")
        }
        throw TopologyError(path, "this is not a certificate in PEM")
    }

    /// Whether each certificate is signed by one of the next ones, up to a root.
    private static func leads(_ chain: [Certificate], to roots: [Certificate]) -> Bool {
        var current = chain[0]
        var rest = Array(chain.dropFirst())
        while true {
            let isIssuer = { (issuer: Certificate) in
                issuer.subject == current.issuer && issuer.publicKey.isValidSignature(current.signature, for: current)
            }
            if roots.contains(where: isIssuer) { return true }
            guard let place = rest.firstIndex(where: isIssuer) else { return false }
            current = rest.remove(at: place)
        }
    }
}
