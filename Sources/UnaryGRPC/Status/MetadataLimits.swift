/// Which trailing metadata travels: lower-case names, printable values, few and short.
enum MetadataLimits {
    static func sendable(_ metadata: [String: String]) -> [(String, String)] {
        var left = GRPCStatus.maximumMetadataBytes
        var out: [(String, String)] = []
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            guard out.count < GRPCStatus.maximumMetadataEntries, isName(name), isValue(value) else { continue }
            left -= name.utf8.count + value.utf8.count
            guard left >= 0 else { break }
            out.append((name, value))
        }
        return out
    }

    static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("grpc-")
            && name.utf8.allSatisfy { byte in
                (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")) || byte == UInt8(ascii: "-")
                    || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
            }
    }

    static func isValue(_ value: String) -> Bool { value.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7E } }
}
