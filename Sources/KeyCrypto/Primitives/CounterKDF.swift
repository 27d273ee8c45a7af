/// The key derivation function of NIST SP 800-108 in counter mode over HMAC-SHA-256, with a 32-bit counter before the
/// fixed
/// input. It only orders calls of HMAC; the self-test holds it against OpenSSL's KBKDF and a NIST vector.
package enum CounterKDF {
    /// Label, a zero byte, context, and the output length in bits as 32 bits: the fixed input of SP 800-108, section 4.
    package static func fixedInput(label: String, context: [UInt8], count: Int) -> [UInt8] {
        var input = ByteWriter()
        input.raw(label.utf8)
        input.u8(0)
        input.raw(context)
        input.u32(UInt32(truncatingIfNeeded: count &* 8))
        return input.bytes
    }

    /// Fills `output` (at most 255 blocks of 32 bytes) from `key` and the fixed input.
    package static func derive(
        _ mac: HMACSHA256, key: UnsafeRawBufferPointer, fixedInput: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        let blocks = (output.count + HMACSHA256.size - 1) / HMACSHA256.size
        guard blocks <= 255 else { throw .libraryFailure("SP 800-108 length") }
        for block in 0..<blocks {
            if block == 0 { try mac.start(key: key) } else { try mac.restart() }
            let number = UInt32(block + 1).bigEndian
            try withUnsafeBytes(of: number) { (counter) throws(CryptoError) in try mac.update(counter) }
            try mac.update(fixedInput)
            let start = block * HMACSHA256.size
            let end = min(start + HMACSHA256.size, output.count)
            let target = UnsafeMutableRawBufferPointer(rebasing: output[start..<end])
            if target.count == HMACSHA256.size {
                try mac.finish(into: target)
            } else {
                try finishShort(mac, into: target)
            }
        }
    }

    private static func finishShort(_ mac: HMACSHA256, into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        let last = try SecretBytes(count: HMACSHA256.size) { (buffer) throws(CryptoError) in
            try mac.finish(into: buffer)
        }
        last.withUnsafeBytes { output.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<output.count])) }
    }
}
