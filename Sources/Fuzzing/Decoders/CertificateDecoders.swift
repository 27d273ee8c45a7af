import FoundationEssentials
import NIOSSL
import Topology
import UnaryGRPC

/// Who a certificate says that its holder is.
enum CertificateDecoders {
    static let all = [certificate]

    private static let certificate = FuzzedDecoder(
        "certificate", from: "another node", hasFixedSeeds: false,
        seeds: {
            let authority = try CertificateAuthority.create(trustDomain: "claviger.local")
            let node = SPIFFEID.node(trustDomain: "claviger.local", region: "eu-west", name: "eu-west-1")
            return try [authority.issue(node).certificatePEM].map { try bytes(ofPEM: $0) }
        },
        examine: { input in
            let summary = FuzzedDecoder.decoded(input) { try CertificateSummary(pem: pem(of: $0), path: "c") }
            let uri = FuzzedDecoder.decoded(input) { bytes in
                PeerIdentity.uri(of: try NIOSSLCertificate(bytes: bytes, format: .der))
            }
            guard let identity = summary?.identity else { return .refused }
            try NodeNames.compare(identity)
            // The TLS library's reader is the one that admits; it may refuse what ours takes, never see another name.
            guard uri == nil || uri == identity.uri else {
                throw FuzzFinding("one reader sees \(identity.uri), the other \(uri ?? "nobody")")
            }
            return .accepted
        })

    private static func pem(of bytes: [UInt8]) -> String {
        let text = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
    }

    private static func bytes(ofPEM text: String) throws -> [UInt8] {
        let body = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        guard let bytes = Data(base64Encoded: body) else { throw FuzzFinding("a certificate that is no PEM") }
        return [UInt8](bytes)
    }
}
