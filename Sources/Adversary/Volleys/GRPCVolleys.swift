/// Malformed input for a port that serves gRPC: broken HTTP/2, broken gRPC, broken messages.
struct GRPCVolleys: Sendable {
    /// How a caller gets in.
    let entry: Volley.Entry
    /// Every method, with requests as they should be: what is changed starts from them.
    let methods: [(path: String, request: [UInt8])]

    /// Streams of one connection.
    private static let streams = 64

    func all() -> [VolleyKind] { brokenHTTP2() + floods() + brokenCalls() }

    private func volley(_ bytes: [UInt8], inputs: Int = 1, _ ending: Volley.Ending) -> Volley {
        Volley(entry: entry, bytes: HTTP2Bytes.opening + bytes, inputs: inputs, ending: ending)
    }

    private func path(_ chance: inout Chance) -> String { chance.one(of: methods.map(\.path), else: "/") }

    // MARK: HTTP/2

    private func brokenHTTP2() -> [VolleyKind] {
        [
            VolleyKind("garbage frames", 0.05) { chance in
                let frames = (0..<chance.number(1...8)).flatMap { _ in
                    HTTP2Bytes.frame(
                        chance.byte() % 12, flags: chance.byte(),
                        stream: chance.one(of: [0, 1, 2, 3, UInt32(truncatingIfNeeded: chance.next())], else: 0),
                        chance.bytes(0...64))
                }
                return volley(frames, .leave(after: 20))
            },
            VolleyKind("wrong frame lengths", 0.02) { chance in
                let frame = HTTP2Bytes.frame(
                    chance.byte() % 10, stream: 1, chance.bytes(0...64), length: Int(chance.integer() & 0xFF_FFFF))
                return volley(frame, .leave(after: 20))
            },
            VolleyKind("changed preface", 0.02) { chance in
                Volley(entry: entry, bytes: chance.mutated(HTTP2Bytes.opening), ending: .leave(after: 20))
            },
            VolleyKind("malformed HPACK", 0.04) { chance in
                let block =
                    chance.byte() < 128 ? chance.bytes(1...200) : chance.mutated(HTTP2Bytes.block(path(&chance)))
                return volley(HTTP2Bytes.frame(1, flags: 5, stream: 1, block), .leave(after: 20))
            },
            VolleyKind("oversize headers", 0.02) { chance in volley(oversize(&chance), .leave(after: 30)) },
            VolleyKind("endless headers", 0.01) { chance in
                let block = HTTP2Bytes.block(path(&chance))
                let more = (0..<2000).flatMap { _ in HTTP2Bytes.frame(9, stream: 1, chance.bytes(0...2)) }
                return volley(HTTP2Bytes.frame(1, stream: 1, block) + more, .leave(after: 30))
            },
            VolleyKind("windows and settings out of range", 0.03) { chance in
                let frames = [
                    HTTP2Bytes.frame(8, stream: 0, [0x7F, 0xFF, 0xFF, 0xFF]),
                    HTTP2Bytes.frame(8, stream: 0, [0, 0, 0, 0]),
                    HTTP2Bytes.frame(4, stream: 0, chance.bytes(1...11)), HTTP2Bytes.frame(4, flags: 1, stream: 0, [1]),
                    HTTP2Bytes.frame(4, stream: 0, [0, 4, 0xFF, 0xFF, 0xFF, 0xFF]),
                    HTTP2Bytes.frame(4, stream: 0, [0, 5, 0, 0, 0, 1]),
                    HTTP2Bytes.frame(6, stream: 0, chance.bytes(0...7)),
                    HTTP2Bytes.frame(0, stream: 0, [1]), HTTP2Bytes.frame(7, stream: 0, chance.bytes(0...7)),
                ]
                let picked = (0..<3).flatMap { _ in chance.one(of: frames, else: []) }
                return volley(picked, .leave(after: 20))
            },
        ]
    }

    private func oversize(_ chance: inout Chance) -> [UInt8] {
        let long = String(repeating: "x", count: chance.number(17_000...120_000))
        let added: [(String, String)] =
            switch chance.number(0...2) {
            case 0: [("x-long", long)]
            case 1: [(long, "a")]
            default: (0..<3000).map { ("x-\($0)", "\($0)") }
            }
        var block = HTTP2Bytes.block(path(&chance), adding: added)[...]
        var frames: [UInt8] = []
        while !block.isEmpty {
            let piece = block.prefix(16_384)
            block = block.dropFirst(piece.count)
            let flags: UInt8 = (block.isEmpty ? HTTP2Bytes.Flag.endHeaders : 0) | (frames.isEmpty ? 1 : 0)
            frames += HTTP2Bytes.frame(frames.isEmpty ? 1 : 9, flags: flags, stream: 1, Array(piece))
        }
        return frames
    }

    // MARK: Too much of it

    private func floods() -> [VolleyKind] {
        [
            VolleyKind("streams opened and reset", 0.06) { chance in
                let block = HTTP2Bytes.block(path(&chance))
                let frames = (0..<100).flatMap { index in
                    HTTP2Bytes.frame(1, flags: 4, stream: HTTP2Bytes.stream(index), block)
                        + HTTP2Bytes.frame(3, stream: HTTP2Bytes.stream(index), [0, 0, 0, 8])
                }
                return volley(frames, inputs: 100, .leave(after: 50))
            },
            VolleyKind("pings whose answers nobody reads", 0.02) { chance in
                let ping = HTTP2Bytes.frame(6, stream: 0, chance.bytes(8...8))
                return volley((0..<20_000).flatMap { _ in ping }, inputs: 50, .deaf(for: 400))
            },
            VolleyKind("calls whose answers nobody reads", 0.04) { chance in
                let frames = (0..<2000).flatMap { index in
                    HTTP2Bytes.request(
                        HTTP2Bytes.stream(index), block: HTTP2Bytes.block(path(&chance)),
                        body: HTTP2Bytes.message(ProtobufBytes.wrong(&chance)))
                }
                return volley(frames, inputs: 100, .deaf(for: 600))
            },
            VolleyKind("calls that stay unfinished", 0.05) { chance in
                let frames = (0..<Self.streams).flatMap { index in
                    HTTP2Bytes.frame(
                        1, flags: 4, stream: HTTP2Bytes.stream(index), HTTP2Bytes.block(path(&chance)))
                        + HTTP2Bytes.frame(
                            0, stream: HTTP2Bytes.stream(index),
                            HTTP2Bytes.message(chance.bytes(0...2000), length: 60_000))
                }
                return volley(frames, inputs: Self.streams, .reset(after: chance.number(10...60)))
            },
        ]
    }

    // MARK: Calls

    private func brokenCalls() -> [VolleyKind] {
        [
            VolleyKind("bad gRPC framing", 0.16) { chance in
                calls(&chance) { chance in
                    let body = chance.one(
                        of: [
                            [], [0], [0, 0, 0], HTTP2Bytes.message(chance.bytes(0...40), flag: chance.byte()),
                            HTTP2Bytes.message(
                                chance.bytes(0...40), length: UInt32(truncatingIfNeeded: chance.integer())),
                            HTTP2Bytes.message([]) + HTTP2Bytes.message([]), chance.bytes(0...100),
                        ], else: [])
                    return (HTTP2Bytes.block(path(&chance)), body)
                }
            },
            VolleyKind("bad requests", 0.12) { chance in
                calls(&chance) { chance in (badBlock(&chance), HTTP2Bytes.message([])) }
            },
            VolleyKind("wrong protobuf", 0.16) { chance in
                calls(&chance) { chance in
                    (HTTP2Bytes.block(path(&chance)), HTTP2Bytes.message(ProtobufBytes.wrong(&chance)))
                }
            },
            VolleyKind("changed messages", 0.16) { chance in
                calls(&chance) { chance in
                    let method = chance.one(of: methods, else: ("/", []))
                    return (HTTP2Bytes.block(method.path), HTTP2Bytes.message(chance.mutated(method.request)))
                }
            },
        ]
    }

    /// Only what gets as far as a method.
    func brokenMessages(of whom: String) -> [VolleyKind] {
        brokenCalls().suffix(2).map { VolleyKind(whom + $0.name, $0.share / 3, $0.make) }
    }

    /// So many calls on one connection, each of which must be answered.
    private func calls(
        _ chance: inout Chance, _ make: (inout Chance) -> (block: [UInt8], body: [UInt8])
    ) -> Volley {
        let frames = (0..<Self.streams).flatMap { index in
            let call = make(&chance)
            return HTTP2Bytes.request(HTTP2Bytes.stream(index), block: call.block, body: call.body)
        }
        return volley(frames, inputs: Self.streams, .answers(Self.streams))
    }

    private func badBlock(_ chance: inout Chance) -> [UInt8] {
        let path = path(&chance)
        let timeout = chance.one(of: ["", "S", "123456789S", "1x", "-1S", "0n", "99999999H", "1.5S"], else: "")
        switch chance.number(0...9) {
        case 0: return HTTP2Bytes.block(path, changing: [":method": "GET"])
        case 1:
            return HTTP2Bytes.block(path, changing: ["content-type": chance.one(of: [nil, "text/plain"], else: nil)])
        case 2: return HTTP2Bytes.block(path, changing: ["te": nil])
        case 3: return HTTP2Bytes.block(path, adding: [("grpc-timeout", timeout)])
        case 4: return HTTP2Bytes.block(path, adding: [("grpc-encoding", "gzip"), ("grpc-bin", "===")])
        case 5: return HTTP2Bytes.block(path + "/../\u{7F}")
        case 6: return HTTP2Bytes.block("/claviger.v1.KeyService/" + String(repeating: "E", count: 2000))
        case 7: return HTTP2Bytes.block("")
        case 8: return HTTP2Bytes.block("*")
        default: return HTTP2Bytes.block(String(decoding: chance.bytes(1...30).map { 0x21 + $0 % 0x5D }, as: UTF8.self))
        }
    }
}
