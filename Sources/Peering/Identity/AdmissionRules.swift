import Raft
import Wire

/// A reason to end a connection, for the counter and for the peer's log.
struct Refused: Hashable, Sendable {
    var reason: PeerRefusal
    var text: String
}

/// Who may connect: the checks of certificate and hello, the same on every transport.
struct AdmissionRules: Sendable {
    var trustDomain: String
    var own: PeerHello
    /// The address book by name.
    var addresses: [String: PeerAddress]

    /// Checks a certificate's name, and that it is the dialed peer's if one was dialed.
    func check(_ certificate: NodeIdentity, dialed: PeerAddress?) -> Refused? {
        guard certificate.trustDomain == trustDomain else {
            return Refused(reason: .trustDomain, text: "trust domain \(certificate.trustDomain) is not \(trustDomain)")
        }
        guard let address = addresses[certificate.name], dialed == nil || dialed?.name == certificate.name else {
            return Refused(reason: .unknownPeer, text: "node \(certificate.name) is not expected here")
        }
        guard address.region == certificate.region else {
            return Refused(
                reason: .identity,
                text:
                    "node \(certificate.name) is known in \(address.region), its certificate says \(certificate.region)"
            )
        }
        return nil
    }

    /// Checks a hello against the certificate that it came under.
    func check(_ hello: PeerHello, under certificate: NodeIdentity) -> Refused? {
        guard hello.cluster == own.cluster else {
            return Refused(reason: .cluster, text: "another cluster")
        }
        guard hello.node == certificate.name, hello.region == certificate.region else {
            return Refused(reason: .identity, text: "the hello names another node or region than the certificate")
        }
        guard let number = hello.replica.nodeNumber, number == addresses[certificate.name]?.number,
            number != own.replica.nodeNumber
        else {
            return Refused(reason: .replica, text: "replica \(hello.replica.rawValue) does not belong to \(hello.node)")
        }
        guard hello.protocolRange.overlaps(own.protocolRange) else {
            return Refused(
                reason: .protocolRange,
                text: "protocol \(hello.protocolRange) does not meet \(own.protocolRange)")
        }
        return nil
    }
}
