/// An IPv4 address as a number, the first byte the highest.
package struct IPv4Address: Sendable, Hashable {
    package let number: UInt32

    package init(number: UInt32) { self.number = number }

    /// Four decimal numbers with dots and nothing else.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            let isPlain = part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            // A leading zero would be octal to some programs.
            guard isPlain, part.count == 1 || part.first != UInt8(ascii: "0"),
                let value = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            number = number << 8 | UInt32(value)
        }
        self.number = number
    }

    /// Where an IP packet is to go; nil when it is no IPv4 packet.
    package init?(destinationOf packet: UnsafeRawBufferPointer) {
        guard packet.count >= 20, packet[0] >> 4 == 4 else { return nil }
        number = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// Whether it can be a host's on the link: in 10.86.0.0/16, neither the network itself nor everybody.
    package var isOnLink: Bool { number >> 16 == 10 << 8 | 86 && (1...0xFFFE).contains(number & 0xFFFF) }
}
