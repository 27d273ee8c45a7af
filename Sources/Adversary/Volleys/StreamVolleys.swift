/// Malformed input below any protocol: noise, broken TLS, connections that are silent or break off.
enum StreamVolleys {
    /// Beginnings that lead a parser some way in before the noise begins.
    private static let beginnings: [[UInt8]] = [
        [], [0x16, 0x03, 0x01], [0x16, 0x03, 0x03, 0x00, 0xC8, 0x01, 0x00, 0x00, 0xC4, 0x03, 0x03],
        [0x16, 0x03, 0x01, 0xFF, 0xFF], [0x17, 0x03, 0x03, 0x40, 0x00], [0x15, 0x03, 0x03, 0x00, 0x02],
        [0x14, 0x03, 0x03, 0x00, 0x01, 0x01], [0x80, 0x2E, 0x01, 0x00, 0x02], HTTP2Bytes.preface,
        HTTP2Bytes.opening, Array("GET / HTTP/1.1\r\n".utf8), Array("\r\n\r\n".utf8),
        [0x00, 0x00, 0x00, 0x00], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF, 0x01],
    ]

    /// For any stream port. `opening` is what a polite caller would send first.
    static func plain(opening: [UInt8], noise: Double) -> [VolleyKind] {
        [
            VolleyKind("noise", noise) { chance in
                let beginning = chance.one(of: beginnings, else: [])
                return Volley(bytes: beginning + chance.bytes(0...600), ending: .leave(after: chance.number(0...15)))
            },
            VolleyKind("breaking off", 0.04) { chance in
                let bytes = Array((opening + chance.bytes(0...64)).prefix(chance.number(0...opening.count + 32)))
                return Volley(bytes: bytes, ending: .reset(after: chance.number(0...10)))
            },
            VolleyKind("silence", 0.004) { chance in
                Volley(bytes: Array(opening.prefix(chance.number(0...opening.count / 2))), ending: .stay(for: 3000))
            },
        ]
    }

    /// For a port behind mutual TLS. `opening` is what a polite caller would send first, `disguise` who may do so.
    static func tls(opening: [UInt8], as disguise: Disguise, share: Double) -> [VolleyKind] {
        [
            VolleyKind("TLS hello with flipped bits", 0.3 * share) { chance in
                let tamper = Volley.Tamper.flip(at: chance.number(0...300), mask: 1 << UInt8(chance.number(0...7)))
                return Volley(entry: .tls(disguise), tamper: tamper, bytes: opening, ending: .leave(after: 60))
            },
            VolleyKind("TLS hello cut off", 0.3 * share) { chance in
                Volley(
                    entry: .tls(disguise), tamper: .cut(at: chance.number(1...500)), bytes: opening,
                    ending: .reset(after: chance.number(5...30)))
            },
            VolleyKind("TLS records with flipped bits", 0.1 * share) { chance in
                let tamper = Volley.Tamper.flip(at: chance.number(300...2400), mask: 1 << UInt8(chance.number(0...7)))
                return Volley(entry: .tls(disguise), tamper: tamper, bytes: opening, ending: .leave(after: 100))
            },
            VolleyKind("TLS records cut off", 0.1 * share) { chance in
                Volley(
                    entry: .tls(disguise), tamper: .cut(at: chance.number(300...2400)), bytes: opening,
                    ending: .reset(after: chance.number(5...60)))
            },
            VolleyKind("no certificate", 0.1 * share) { _ in
                Volley(entry: .tls(.nobody), bytes: opening, ending: .server)
            },
            VolleyKind("another authority's certificate", 0.1 * share) { _ in
                Volley(entry: .tls(.stranger), bytes: opening, ending: .server)
            },
            VolleyKind("silence after TLS", 0.004) { _ in
                Volley(entry: .tls(disguise), bytes: [], ending: .stay(for: 3000))
            },
        ]
    }
}
