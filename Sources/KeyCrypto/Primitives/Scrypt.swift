import COpenSSL

/// Cost of scrypt (RFC 7914): `2^logN` blocks of `128 * r` bytes, `p` times.
package struct ScryptParameters: Sendable, Hashable {
    package let logN: UInt8
    package let r: UInt32
    package let p: UInt32

    /// 32 MiB and about 0.1 s.
    package static let standard = ScryptParameters(logN: 15, r: 8, p: 1)

    package init(logN: UInt8, r: UInt32, p: UInt32) {
        self.logN = logN
        self.r = r
        self.p = p
    }

    /// Whether the cost is inside the limits that are checked before a byte is allocated: at most 256 MiB, 16 passes.
    package var isAcceptable: Bool {
        guard (10...20).contains(logN), (1...32).contains(r), (1...16).contains(p) else { return false }
        return (UInt64(128) << UInt64(logN)) * UInt64(r) <= 256 << 20
    }
}

/// Password-based key derivation through libcrypto.
package enum Scrypt {
    /// Derives `count` bytes from a password and a salt, both not empty.
    package static func derive(
        password: borrowing SecretBytes, salt: [UInt8], parameters: ScryptParameters, count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard parameters.isAcceptable, password.count > 0, !salt.isEmpty else {
            throw .invalidInput("scrypt parameters")
        }
        let algorithm = try Algorithms.scrypt.handle("scrypt")
        guard let context = EVP_KDF_CTX_new(algorithm) else { throw .libraryFailure("EVP_KDF_CTX_new") }
        defer { EVP_KDF_CTX_free(context) }
        return try password.withUnsafeBytes { (password) throws(CryptoError) in
            try SecretBytes(count: count) { (output) throws(CryptoError) in
                let result = salt.withRawBytes { salt in
                    claviger_scrypt(
                        context, password.baseAddress, password.count, salt.baseAddress, salt.count,
                        1 << UInt64(parameters.logN), parameters.r, parameters.p, 300 << 20, output.octets, output.count
                    )
                }
                guard result == 1 else { throw .libraryFailure("scrypt") }
            }
        }
    }
}
