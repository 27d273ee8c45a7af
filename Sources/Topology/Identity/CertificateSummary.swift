package import FoundationEssentials
import SwiftASN1
import X509

/// What a certificate says: who, and until when. Says nothing about whether it can be trusted.
package struct CertificateSummary: Sendable, Equatable {
    /// The one SPIFFE ID; `nil` if there is no URI SAN, or another name beside it.
    package let identity: SPIFFEID?
    package let notBefore: Date
    package let notAfter: Date
    package let isAuthority: Bool

    /// Reads a PEM file with one certificate.
    package init(path: String) throws(TopologyError) {
        try self.init(pem: try TextFile.read(path, limit: CertificateFile.limit), path: path)
    }

    /// Reads one certificate in PEM; `path` names it in errors.
    package init(pem text: String, path: String) throws(TopologyError) {
        self.init(try CertificateFile.parse(text, path: path))
    }

    init(_ certificate: Certificate) {
        notBefore = certificate.notValidBefore
        notAfter = certificate.notValidAfter
        if case .isCertificateAuthority = try? certificate.extensions.basicConstraints {
            isAuthority = true
        } else {
            isAuthority = false
        }
        let names = try? certificate.extensions.subjectAlternativeNames
        if let names, names.count == 1, case .uniformResourceIdentifier(let uri)? = names.first {
            identity = try? SPIFFEID(uri)
        } else {
            identity = nil
        }
    }

    /// Whole days until the certificate expires, rounded down; negative when it has expired.
    package func daysLeft(at now: Date = Date()) -> Int {
        Int((notAfter.timeIntervalSince(now) / (24 * 3600)).rounded(.down))
    }
}

/// Certificates in PEM.
enum CertificateFile {
    /// Far above any certificate of ours, in bytes.
    static let limit = 64 * 1024

    static func parse(_ text: String, path: String) throws(TopologyError) -> Certificate {
        do {
            return try Certificate(pemEncoded: text)
        } catch {
            throw TopologyError(path, "this is not a certificate in PEM")
        }
    }
}
