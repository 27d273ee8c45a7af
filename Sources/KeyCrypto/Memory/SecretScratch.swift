import CPlatform

/// Locked working memory of one owner on one thread: derived keys live here and are overwritten by the next message.
final class SecretScratch {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) throws(CryptoError) {
        guard let slot = SecretArena.shared.allocate(count) else { throw .memoryUnavailable }
        bytes = slot
    }

    deinit { SecretArena.shared.release(bytes) }

    /// The part of the scratch in `range`, which the owner lays out once.
    func region(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[range])
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Overwrites the bytes with zeros.
    func wipe() {
        if let base = baseAddress { claviger_wipe(base, count) }
    }
}
