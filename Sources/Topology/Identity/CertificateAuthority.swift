import Crypto
package import FoundationEssentials
import SwiftASN1
import X509

/// The authority that names a federation's nodes and callers. Its key signs certificates and nothing else.
///
/// Keys are P-256. Every issued certificate has exactly one URI SAN, the SPIFFE ID (X509-SVID standard, section 2).
package struct CertificateAuthority: Sendable, CustomStringConvertible {
    package let trustDomain: String
    private let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// Certificates begin to be valid this long before they are made, for machines whose clocks are behind: a quarter
    /// of an hour is more than a wrong clock mostly is, and a node that takes all others for strangers serves nobody.
    private static let backdating: TimeInterval = 15 * 60
    private static let day: TimeInterval = 24 * 3600
    private static let authorityDays = 3650

    package var description: String { "certificate authority of \(trustDomain)" }

    private init(trustDomain: String, certificate: Certificate, key: P256.Signing.PrivateKey) {
        self.trustDomain = trustDomain
        self.certificate = certificate
        self.key = key
    }

    /// Makes a new authority that is valid for ten years.
    package static func create(trustDomain: String, now: Date = Date()) throws(TopologyError) -> CertificateAuthority {
        guard SPIFFEID.isTrustDomain(trustDomain) else {
            throw TopologyError("", "'\(trustDomain)' is not a trust domain: a-z, 0-9, '.', '-' and '_'")
        }
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let identity = SPIFFEID.authority(trustDomain: trustDomain)
        return try signing("the authority's certificate") {
            let name = try Self.name("Claviger CA \(trustDomain)")
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now - backdating, notValidAfter: now + TimeInterval(authorityDays) * day,
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                    SubjectAlternativeNames([.uniformResourceIdentifier(identity.uri)])
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
            return CertificateAuthority(trustDomain: trustDomain, certificate: certificate, key: key)
        }
    }

    /// Issues a key and a certificate for servers and clients. The certificate never outlives the authority's own.
    ///
    /// - Parameter days: 1…3650.
    package func issue(
        _ identity: SPIFFEID, days: Int = 365, now: Date = Date()
    ) throws(TopologyError) -> IssuedIdentity {
        guard identity.trustDomain == trustDomain else {
            throw TopologyError("", "\(identity) is not in this authority's trust domain \(trustDomain)")
        }
        guard let last = identity.segments.last else {
            throw TopologyError("", "\(identity) is the authority's own identity; add a path")
        }
        guard (1...Self.authorityDays).contains(days) else {
            throw TopologyError("", "\(days) days are not from 1 to \(Self.authorityDays)")
        }
        let end = min(now + TimeInterval(days) * Self.day, certificate.notValidAfter)
        guard end > now else { throw TopologyError("", "the \(self) has expired") }
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        return try Self.signing("the certificate of \(identity)") {
            let leaf = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now - Self.backdating, notValidAfter: end,
                issuer: certificate.subject, subject: try Self.name(last), signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth, .clientAuth])
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: Certificate.PublicKey(self.key.publicKey))
                            .keyIdentifier)
                    SubjectAlternativeNames([.uniformResourceIdentifier(identity.uri)])
                },
                issuerPrivateKey: Certificate.PrivateKey(self.key))
            return IssuedIdentity(
                identity: identity, authorityPEM: try Self.pem(certificate), certificatePEM: try Self.pem(leaf),
                keyPEM: Self.pem(key))
        }
    }

    /// Writes `ca.pem` and `ca-key.pem` into a directory, made with mode 0700 if absent. Refuses to overwrite.
    package func save(to directory: String) throws(TopologyError) {
        let pem = try Self.signing("the authority's certificate") { try Self.pem(certificate) }
        try PrivateFile.makeDirectory(directory)
        try PrivateFile.write(Self.pem(key), to: "\(directory)/ca-key.pem")
        try PrivateFile.write(pem, to: "\(directory)/ca.pem", mode: 0o644)
    }

    /// Reads `ca.pem` and `ca-key.pem`, and checks that they belong together.
    package static func load(from directory: String) throws(TopologyError) -> CertificateAuthority {
        let path = "\(directory)/ca.pem"
        let keyPath = "\(directory)/ca-key.pem"
        let certificate = try CertificateFile.parse(try TextFile.read(path, limit: CertificateFile.limit), path: path)
        guard
            let key = try? P256.Signing.PrivateKey(
                pemRepresentation: try TextFile.read(keyPath, limit: CertificateFile.limit))
        else { throw TopologyError(keyPath, "this is not a P-256 private key in PEM") }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw TopologyError(keyPath, "the key does not belong to \(path)")
        }
        let summary = CertificateSummary(certificate)
        guard summary.isAuthority, let identity = summary.identity, identity.segments.isEmpty else {
            throw TopologyError(path, "this is not the certificate of a SPIFFE trust domain's authority")
        }
        return CertificateAuthority(trustDomain: identity.trustDomain, certificate: certificate, key: key)
    }

    /// A common name, cut to the 64 characters that X.520 allows. Nobody decides by it.
    private static func name(_ text: String) throws -> DistinguishedName {
        try DistinguishedName { CommonName(String(text.prefix(64))) }
    }

    private static func pem(_ certificate: Certificate) throws -> String {
        try certificate.serializeAsPEM().pemString + "\n"
    }

    private static func pem(_ key: P256.Signing.PrivateKey) -> String { key.pemRepresentation + "\n" }

    private static func signing<Result>(
        _ subject: String, _ make: () throws -> Result
    ) throws(TopologyError) -> Result {
        do { return try make() } catch { throw TopologyError("", "\(subject) could not be made: \(error)") }
    }
}
