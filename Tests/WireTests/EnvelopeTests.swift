import Raft
import Testing
import Wire

@Suite("Frames between nodes")
struct EnvelopeTests {
    @Test("Every envelope survives the way there and back", arguments: Samples.envelopes)
    func roundTrip(_ envelope: PeerEnvelope) throws {
        #expect(try PeerEnvelope(wireBytes: envelope.wireBytes()) == envelope)
    }

    @Test("The bytes of an append are the ones of protocol 1")
    func goldenAppend() throws {
        let bytes = try PeerFrame.message(group: GroupID(3), Samples.append).wireBytes()
        #expect(
            hex(bytes) == "322808031224" + "0803108180081881800420072806" + "3029" + "3a080806102a2202aabb"
                + "3a060807102b1802" + "4028")
    }

    @Test("The bytes of coalesced beats are the ones of protocol 1")
    func goldenBeats() throws {
        #expect(
            hex(try Samples.beats.wireBytes()) == "3a1d0881800410818008" + "1a06080110031809" + "1a0b080210041808"
                + "20012a0101")
    }

    @Test("The bytes of a hello are the ones of protocol 1")
    func goldenHello() throws {
        let expected =
            "0a03090807" + "10818004" + "1a10" + String(repeating: "05", count: 16) + "220765752d77657374"
            + "2a0965752d776573742d31" + "3001" + "3802" + "42020102"
        #expect(hex(try Samples.hello.wireBytes()) == expected)
        #expect(try PeerHello(wireBytes: Samples.hello.wireBytes()) == Samples.hello)
    }

    @Test("A kind crosses the network exactly if it is one between replicas", arguments: MessageKind.allCases)
    func kinds(_ kind: MessageKind) throws {
        let message = Samples.message(kind)
        if kind.crossesNetwork {
            #expect(try Message(wireBytes: message.wireBytes()) == message)
        } else {
            #expect(throws: WireError.unknownKind(UInt32(kind.rawValue))) { try message.wireBytes() }
            // The same message as bytes: kind, to, from.
            #expect(throws: WireError.unknownKind(UInt32(kind.rawValue))) {
                try Message(wireBytes: [0x08, kind.rawValue, 0x10, 1, 0x18, 2])
            }
        }
    }

    @Test("An unknown kind is refused by its number")
    func unknownKind() {
        #expect(throws: WireError.unknownKind(99)) { try Message(wireBytes: [0x08, 99, 0x10, 1, 0x18, 2]) }
        #expect(throws: WireError.unknownKind(300)) { try Message(wireBytes: [0x08, 0xAC, 0x02, 0x10, 1, 0x18, 2]) }
    }

    @Test("Missing parts are named")
    func missing() {
        #expect(throws: WireError.missingField("to")) { try Message(wireBytes: [0x08, 8, 0x18, 2]) }
        #expect(throws: WireError.missingField("from")) { try Message(wireBytes: [0x08, 8, 0x10, 2]) }
        #expect(throws: WireError.missingField("content")) { try PeerEnvelope(wireBytes: []) }
        #expect(throws: WireError.missingField("message")) { try PeerEnvelope(wireBytes: [0x32, 0]) }
        #expect(throws: WireError.missingField("hello")) { try PeerEnvelope(wireBytes: [0x0A, 0]) }
        #expect(throws: WireError.missingField("outcome")) { try PeerEnvelope(wireBytes: [0x4A, 0]) }
        #expect(throws: WireError.missingField("snapshot")) {
            try Message(wireBytes: [0x08, MessageKind.snapshot.rawValue, 0x10, 1, 0x18, 2])
        }
    }

    @Test("A payload, an append and a call over their limits are refused on both sides")
    func limits() throws {
        var message = Samples.append
        message.entries = [
            LogEntry(
                term: Term(7), index: LogIndex(42),
                payload: Array(repeating: 0, count: WireLimits.entryPayloadBytes + 1))
        ]
        #expect(throws: WireError.self) { try message.wireBytes() }
        message.entries = (0..<17).map {
            LogEntry(
                term: Term(7), index: LogIndex(42 + $0),
                payload: Array(repeating: 0, count: WireLimits.entryPayloadBytes))
        }
        #expect(throws: WireError.self) { try message.wireBytes() }
        message.entries.removeLast()
        #expect(try Message(wireBytes: message.wireBytes()) == message)
        let body = Array(repeating: UInt8(0), count: WireLimits.callBytes + 1)
        #expect(throws: WireError.tooLarge(field: "call body", size: body.count, limit: WireLimits.callBytes)) {
            try PeerEnvelope.call(id: 1, service: 1, body: body).wireBytes()
        }
    }

    @Test("Millions of empty entries are refused before they are decoded")
    func entryCount() {
        let entries = [UInt8](repeating: 0, count: (WireLimits.entries + 1) * 2).enumerated().map {
            $0.offset % 2 == 0 ? UInt8(0x3A) : 0
        }
        #expect(throws: WireError.tooLarge(field: "entries", size: WireLimits.entries + 1, limit: WireLimits.entries)) {
            try Message(wireBytes: entries)
        }
    }

    @Test("Entries with a gap, a falling term or a term above the message's are refused")
    func contiguous() {
        for (index, term) in [(44, 7), (42, 5), (42, 8), (41, 7)] as [(UInt64, UInt64)] {
            var message = Samples.append
            message.entries = [LogEntry(term: Term(term), index: LogIndex(index))]
            #expect(throws: WireError.self) { try message.wireBytes() }
        }
    }

    @Test("Counters near overflow are refused")
    func overflow() {
        // index = 2^64 - 1 in a heartbeat.
        let bytes: [UInt8] =
            [0x08, 8, 0x10, 1, 0x18, 2, 0x30] + Array(repeating: 0xFF, count: 9) + [0x01]
        #expect(throws: WireError.outOfRange("index")) { try Message(wireBytes: bytes) }
    }

    @Test(
        "A hello with a bad name, store, cluster, replica or protocol range is refused",
        arguments: ["node", "region", "store", "cluster", "replica", "incarnation", "protocol"])
    func badHello(_ field: String) {
        var hello = Samples.hello
        switch field {
        case "node": hello.node = "Eu_West"
        case "region": hello.region = ""
        case "store": hello.store = [1]
        case "cluster": hello.cluster = []
        case "replica": hello.replica = ReplicaID(1 << 40)
        case "incarnation": hello.replica = ReplicaID(1 << 16)
        default: hello.protocolRange = 0...3
        }
        #expect(throws: WireError.self) { try hello.wireBytes() }
    }

    @Test("A refusal's text is cut at a character")
    func longReason() throws {
        let long = String(repeating: "é", count: 400)
        guard case .refusal(let text) = try PeerEnvelope(wireBytes: PeerEnvelope.refusal(long).wireBytes()) else {
            Issue.record("not a refusal")
            return
        }
        #expect(text == String(repeating: "é", count: 256))
    }

    @Test("A frame's estimate is never below its encoded size", arguments: Samples.envelopes)
    func estimate(_ envelope: PeerEnvelope) throws {
        guard case .frame(let frame) = envelope else { return }
        #expect(try frame.estimatedBytes >= frame.wireBytes().count)
    }
}
