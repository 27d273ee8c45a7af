/// What a key is made of. The raw values are shown to callers.
package enum Algorithm: String, Hashable, Sendable, CaseIterable {
    /// 256-bit symmetric key for message encryption.
    case aes256 = "aes-256"

    /// What a key of this algorithm is for. One key never serves two purposes.
    package var purpose: KeyPurpose {
        switch self {
        case .aes256: .encryptDecrypt
        }
    }
}

/// What a key may be used for.
package enum KeyPurpose: String, Hashable, Sendable, CaseIterable {
    case encryptDecrypt = "encrypt/decrypt"
}
