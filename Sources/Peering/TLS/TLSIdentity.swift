import NIOSSL

/// A node's certificate chain, its key, and the authority that it trusts, all PEM.
package struct TLSIdentity: Sendable {
    /// Certificates of the authorities that peers must chain to.
    package var authorities: [UInt8]
    /// The node's certificate, then intermediates if any.
    package var certificates: [UInt8]
    private let key: NIOSSLPrivateKey

    /// Reads the PEM texts; the key stays inside of the TLS library. Throws `PeeringError.invalidConfiguration`.
    package init(authorities: [UInt8], certificates: [UInt8], privateKey: [UInt8]) throws(PeeringError) {
        do {
            key = try NIOSSLPrivateKey(bytes: privateKey, format: .pem)
        } catch {
            throw .invalidConfiguration("the private key is not readable PEM")
        }
        self.authorities = authorities
        self.certificates = certificates
    }

    /// TLS 1.3 only, both sides with certificates, chains verified; who the peer is gets checked by name afterwards.
    func contexts() throws(PeeringError) -> TLSContexts {
        do {
            let trust = NIOSSLTrustRoots.certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
            let chain = try NIOSSLCertificate.fromPEMBytes(certificates).map { NIOSSLCertificateSource.certificate($0) }
            var server = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
            var client = TLSConfiguration.makeClientConfiguration()
            client.certificateChain = chain
            client.privateKey = .privateKey(key)
            server.trustRoots = trust
            client.trustRoots = trust
            server.certificateVerification = .noHostnameVerification
            client.certificateVerification = .noHostnameVerification
            server.minimumTLSVersion = .tlsv13
            client.minimumTLSVersion = .tlsv13
            return TLSContexts(
                server: try NIOSSLContext(configuration: server), client: try NIOSSLContext(configuration: client))
        } catch {
            throw .invalidConfiguration("certificates: \(error)")
        }
    }
}

/// The TLS settings of both sides, made once per identity.
struct TLSContexts: Sendable {
    var server: NIOSSLContext
    var client: NIOSSLContext
}
