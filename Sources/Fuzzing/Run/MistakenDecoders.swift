import Glibc

/// Decoders that are wrong on purpose, one in each way that a run must notice: whoever finds nothing must be known to
/// find something. Each goes wrong behind four bytes that only coverage leads to.
enum MistakenDecoders {
    static let all = [
        mistaken("mistaken-trap") { bytes in
            // The index is beyond the end.
            bytes[bytes.count + Int(bytes[4])] == 0 ? .accepted : .refused
        },
        mistaken("mistaken-hang") { bytes in
            var value = UInt64(bytes[4]) | 1
            // An odd number stays odd. The call keeps the compiler from seeing that nothing comes of it.
            while value & 1 == 1 {
                value = value &* 3
                sched_yield()
            }
            return .accepted
        },
        mistaken("mistaken-size") { bytes in
            // What a length field says is believed.
            let believed = [UInt8](repeating: bytes[4], count: 128 << 20)
            return believed.withUnsafeBytes { Glibc.write(-1, $0.baseAddress, 1) } < 0 ? .refused : .accepted
        },
        mistaken("mistaken-answer") { bytes throws(FuzzFinding) in throw FuzzFinding("\(bytes.count) is no answer") },
    ]

    private static func mistaken(
        _ name: String, _ mistake: @escaping @Sendable ([UInt8]) throws -> FuzzVerdict
    ) -> FuzzedDecoder {
        FuzzedDecoder(
            name, from: "nobody", limit: 64, seeds: { [[0, 0, 0, 0, 0, 0]] },
            examine: { bytes in
                guard bytes.count > 4, bytes[0] == 0x43, bytes[1] == 0x4C else { return .refused }
                guard bytes[2] == 0x56, bytes[3] == 0x47 else { return .refused }
                return try mistake(bytes)
            })
    }
}

extension FuzzedDecoder {
    /// Decoders that are wrong on purpose; not part of `all`.
    package static var mistaken: [FuzzedDecoder] { MistakenDecoders.all }
}
