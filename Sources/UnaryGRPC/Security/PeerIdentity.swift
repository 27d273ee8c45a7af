import NIOCore
package import NIOSSL
import NIOTLS

/// Reads who a TLS peer is, after NIOSSL has checked its chain.
package enum PeerIdentity {
    /// The one URI subject alternative name of the leaf certificate. Nil where there is none, several, an overlong or a
    /// non-ASCII one.
    package static func uri(of certificate: NIOSSLCertificate) -> String? {
        var found: String?
        for name in certificate._subjectAlternativeNames() where name.nameType == .uri {
            guard found == nil, name.contents.count <= 512 else { return nil }
            guard name.contents.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
            found = String(decoding: name.contents, as: UTF8.self)
        }
        return found
    }

    /// Checks a finished handshake: TLS 1.3, `h2`, one URI name.
    static func check(_ pipeline: ChannelPipeline, negotiated: String?) throws(TransportError) -> String {
        guard negotiated == "h2" else { throw TransportError("the peer did not negotiate h2") }
        guard let handler = try? pipeline.syncOperations.handler(type: NIOSSLHandler.self) else {
            throw TransportError("no TLS on this connection")
        }
        guard handler.tlsVersion == .tlsv13 else { throw TransportError("the peer did not negotiate TLS 1.3") }
        guard let certificate = handler.peerCertificate else { throw TransportError("the peer sent no certificate") }
        guard let uri = uri(of: certificate) else {
            throw TransportError("the peer's certificate does not have exactly one URI name")
        }
        return uri
    }
}
