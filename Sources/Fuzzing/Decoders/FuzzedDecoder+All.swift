extension FuzzedDecoder {
    /// Every decoder of bytes that this program did not just write itself.
    package static let all: [FuzzedDecoder] =
        ConsensusDecoders.all + DiskDecoders.all + KeyDecoders.all + CryptoDecoders.all + CertificateDecoders.all
        + DocumentDecoders.all + NetworkDecoders.all + RequestDecoders.all

    /// The decoder of this name, those that are wrong on purpose among them.
    package static func named(_ name: String) -> FuzzedDecoder? { (all + mistaken).first { $0.name == name } }
}
