/// Reads the placement from what a call names, so that the call goes to a holder.
package enum CiphertextRoute {
    /// The placement in a full key name or prefix `placement/…`. Nil if it has none.
    package static func placement(ofKey name: String) -> String? {
        guard let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let text = name[..<slash]
        return isPlacement(text.utf8) ? String(text) : nil
    }

    /// The placement in a ciphertext's header: `CLVG`, format, suite, flags, length, name. Nil if it is not such a
    /// header.
    package static func placement(ofCiphertext bytes: some Collection<UInt8>) -> String? {
        let head = Array(bytes.prefix(8 + 63))
        guard head.count > 8, Array("CLVG".utf8) == Array(head[0..<4]) else { return nil }
        let length = Int(head[7])
        guard length > 0, length <= 63, head.count >= 8 + length else { return nil }
        let name = head[8..<(8 + length)]
        return isPlacement(name) ? String(decoding: name, as: UTF8.self) : nil
    }

    private static func isPlacement(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
        guard first != UInt8(ascii: "-"), last != UInt8(ascii: "-") else { return false }
        return bytes.allSatisfy { byte in
            (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")) || byte == UInt8(ascii: "-")
                || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
        }
    }
}
