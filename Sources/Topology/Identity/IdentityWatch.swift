package import FoundationEssentials

/// Notices that the files of an identity have changed, and judges the new ones before they are used.
package struct IdentityWatch: Sendable {
    /// What a look found.
    package enum Finding: Sendable {
        case unchanged
        /// Good files that are not in force yet: use them, then tell `adopt`.
        case renewed(IdentityMaterial, CertificateSummary)
        /// Files that must not be used: what is in force stays. Told once for each content.
        case refused(TopologyError)
    }

    package let directory: IdentityDirectory
    package let expected: SPIFFEID
    /// What the certificate in force says.
    package private(set) var summary: CertificateSummary
    private var inForce: [UInt8]
    /// What was refused last: which files, and why.
    private var refused: (fingerprint: [UInt8], error: TopologyError)?

    /// Begins with what is in force already.
    package init(_ material: IdentityMaterial, of expected: SPIFFEID, summary: CertificateSummary) {
        directory = material.directory
        self.expected = expected
        self.summary = summary
        inForce = material.fingerprint
    }

    /// Reads the files; blocks for that.
    package mutating func look(now: Date = Date()) -> Finding {
        var fingerprint: [UInt8] = []
        do throws(TopologyError) {
            let material = try IdentityMaterial(reading: directory)
            fingerprint = material.fingerprint
            guard fingerprint != inForce else {
                refused = nil
                return .unchanged
            }
            return .renewed(material, try material.check(expecting: expected, now: now))
        } catch {
            if let refused, refused.fingerprint == fingerprint, refused.error == error { return .unchanged }
            refused = (fingerprint, error)
            return .refused(error)
        }
    }

    /// The material is in force now.
    package mutating func adopt(_ material: IdentityMaterial, _ summary: CertificateSummary) {
        inForce = material.fingerprint
        self.summary = summary
        refused = nil
    }

    /// The next look tells again what is wrong.
    package mutating func forgetRefusal() { refused = nil }
}
