import Crypto

/// The public name of a key version towards the API server: `clv1-` and 40 hexadecimal digits.
///
/// A hash of federation, key, version and activation: the same on every host and after every restart, never the same
/// for two versions, and never taken back, because versions only grow (KMS v2, rules for `key_id`).
package enum KeyIdentifier {
    /// The name of the version that `key` says is to be used.
    package static func make(_ key: UpstreamKey) -> String {
        var hash = SHA256()
        for part in [key.cluster, key.key] {
            hash.update(data: bigEndian(UInt64(part.count)))
            hash.update(data: part)
        }
        hash.update(data: bigEndian(UInt64(key.version)))
        hash.update(data: bigEndian(UInt64(bitPattern: key.activatedAt)))
        let digits = Array("0123456789abcdef".utf8)
        let text = hash.finalize().prefix(20).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "clv1-" + String(decoding: text, as: UTF8.self)
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}
