import NIOCore
package import NIOSSL

/// What this side shows and whom it trusts.
package struct TLSCredentials: Sendable {
    package var trustRoots: [NIOSSLCertificate]
    package var chain: [NIOSSLCertificate]
    package var privateKey: NIOSSLPrivateKey
    /// The files that these were read from. A client looks at them again whenever it connects, so that a renewed
    /// identity needs no restart; nil: the same credentials for ever.
    package var files: IdentityFiles?

    package init(trustRoots: [NIOSSLCertificate], chain: [NIOSSLCertificate], privateKey: NIOSSLPrivateKey) {
        self.trustRoots = trustRoots
        self.chain = chain
        self.privateKey = privateKey
    }

    /// Reads `ca.pem`, `cert.pem` and `key.pem` of an identity directory.
    package init(directory: String) throws(TransportError) {
        files = IdentityFiles(directory: directory)
        do {
            trustRoots = try NIOSSLCertificate.fromPEMFile(directory + "/ca.pem")
            chain = try NIOSSLCertificate.fromPEMFile(directory + "/cert.pem")
            privateKey = try NIOSSLPrivateKey(file: directory + "/key.pem", format: .pem)
        } catch {
            throw TransportError("cannot read the identity in \(directory): \(error)")
        }
    }

    /// The same from PEM text.
    package init(caPEM: [UInt8], certificatePEM: [UInt8], keyPEM: [UInt8]) throws(TransportError) {
        do {
            trustRoots = try NIOSSLCertificate.fromPEMBytes(caPEM)
            chain = try NIOSSLCertificate.fromPEMBytes(certificatePEM)
            privateKey = try NIOSSLPrivateKey(bytes: keyPEM, format: .pem)
        } catch {
            throw TransportError("cannot parse the identity: \(error)")
        }
    }

    func serverContext() throws(TransportError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        return try context(&configuration)
    }

    func clientContext() throws(TransportError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(privateKey)
        return try context(&configuration)
    }

    private func context(_ configuration: inout TLSConfiguration) throws(TransportError) -> NIOSSLContext {
        configuration.minimumTLSVersion = .tlsv13
        configuration.trustRoots = .certificates(trustRoots)
        // Names are ours (one URI), so the chain is checked here and the name after the handshake.
        configuration.certificateVerification = .noHostnameVerification
        configuration.applicationProtocols = ["h2"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TransportError("cannot set up TLS: \(error)")
        }
    }
}
