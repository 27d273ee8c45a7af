import Crypto
import Foundation
import SwiftASN1
import UnaryGRPC
import X509

/// A certificate authority for tests only.
struct TestAuthority {
    private let key = P256.Signing.PrivateKey()
    private let certificate: Certificate

    init() throws {
        let name = try DistinguishedName { CommonName("test authority") }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: Date() - 3600, notValidAfter: Date() + 86_400, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(key))
    }

    /// PEM texts of a leaf with these URI names.
    func pem(_ uris: [String]) throws -> (ca: String, certificate: String, key: String) {
        let leafKey = P256.Signing.PrivateKey()
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(leafKey.publicKey),
            notValidBefore: Date() - 3600, notValidAfter: Date() + 86_400, issuer: certificate.subject,
            subject: try DistinguishedName { CommonName("leaf") }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                SubjectAlternativeNames(uris.map { .uniformResourceIdentifier($0) } + [.dnsName("localhost")])
            }, issuerPrivateKey: .init(key))
        return (
            try certificate.serializeAsPEM().pemString, try leaf.serializeAsPEM().pemString, leafKey.pemRepresentation
        )
    }

    func issue(_ uris: String...) throws -> TLSCredentials {
        let pem = try pem(uris)
        return try TLSCredentials(
            caPEM: Array(pem.ca.utf8), certificatePEM: Array(pem.certificate.utf8), keyPEM: Array(pem.key.utf8))
    }
}
