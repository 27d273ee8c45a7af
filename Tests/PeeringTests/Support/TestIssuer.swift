import Crypto
import Foundation
import Peering
import SwiftASN1
import X509

/// A certificate authority for one test.
struct TestIssuer {
    private let key = P256.Signing.PrivateKey()
    private let name: DistinguishedName
    private let certificate: Certificate

    init() throws {
        name = try DistinguishedName { CommonName("test authority") }
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date() - 3600, notValidAfter: Date() + 3600, issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: Certificate.PrivateKey(key))
    }

    var authorities: [UInt8] { get throws { Array(try certificate.serializeAsPEM().pemString.utf8) } }

    /// A certificate with these URI names, and its key.
    func issue(_ uris: [String], validUntil: Date = Date() + 3600) throws -> (certificate: [UInt8], key: [UInt8]) {
        let own = P256.Signing.PrivateKey()
        let leaf = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(own.publicKey),
            notValidBefore: Date() - 7200, notValidAfter: validUntil, issuer: name,
            subject: try DistinguishedName { CommonName("node") },
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                if !uris.isEmpty { SubjectAlternativeNames(uris.map { .uniformResourceIdentifier($0) }) }
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        return (Array(try leaf.serializeAsPEM().pemString.utf8), Array(own.pemRepresentation.utf8))
    }

    func identity(_ uris: [String], validUntil: Date = Date() + 3600) throws -> TLSIdentity {
        let issued = try issue(uris, validUntil: validUntil)
        return try TLSIdentity(
            authorities: try authorities, certificates: issued.certificate, privateKey: issued.key)
    }
}
