import KeyModel
import KeyReplication

/// What the key state machine reads: commands out of the log, rows out of tables and snapshots.
enum KeyDecoders {
    static let all =
        [keyCommand, directoryCommand, idempotencyRow]
        + [
            row("key-row") { [$0.key] }, row("tenant-row") { [$0.tenant] }, row("epoch-row") { [$0.epoch] },
            row("policy-row") { [$0.policy] },
            row("placement-row") { [PlacementRecord(placement: $0.placement, regions: KeySamples.regions)] },
            row("bucket-row") { [Bucket(rows: [$0.key.bytes, []])] },
            row("group-row") { [DirectoryGroup(id: 2, placement: $0.placement.name, replicas: [65537])] },
        ]

    private static let keyCommand = FuzzedDecoder(
        "key-command", from: "the log", shape: .protobuf, isCanonical: true,
        seeds: { try KeySamples().commands.map(KeyCommandCodec.encode) }, decode: { try KeyCommandCodec.decode($0) },
        encode: KeyCommandCodec.encode,
        and: { command in
            // Applied to an empty group and to one with a bit of everything: a trap in apply would take every replica.
            guard KeyStateMachine.understands(command) else { return }
            for var table in [InMemoryKeyTable(), try prepared.get()] {
                let before = table
                let outcome = KeyStateMachine.apply(command, at: (3, 100), to: &table)
                var second = before
                guard KeyStateMachine.apply(command, at: (3, 100), to: &second) == outcome, second == table else {
                    throw FuzzFinding("the same command and rows give two outcomes")
                }
            }
        })

    private static let prepared: Result<InMemoryKeyTable, any Error> = Result {
        var table = InMemoryKeyTable()
        for (position, command) in try KeySamples().commands.enumerated() {
            _ = KeyStateMachine.apply(command, at: (2, UInt64(position + 1)), to: &table)
        }
        return table
    }

    private static let directoryCommand = FuzzedDecoder(
        "directory-command", from: "the log", shape: .protobuf, isCanonical: true,
        seeds: { try KeySamples().directoryCommands.map(DirectoryCommandCodec.encode) },
        decode: { try DirectoryCommandCodec.decode($0) }, encode: DirectoryCommandCodec.encode,
        and: { command in
            for var table in [InMemoryDirectoryTable(), try preparedDirectory.get()] {
                _ = DirectoryStateMachine.apply(command, at: (3, 100), to: &table)
                let once = table
                _ = DirectoryStateMachine.apply(command, at: (3, 101), to: &table)
                // "Every command may be repeated": what it wanted is there already.
                guard table == once else { throw FuzzFinding("the same command twice changes rows twice") }
            }
        })

    private static let preparedDirectory: Result<InMemoryDirectoryTable, any Error> = Result {
        var table = InMemoryDirectoryTable()
        for (position, command) in try KeySamples().directoryCommands.enumerated() {
            _ = DirectoryStateMachine.apply(command, at: (2, UInt64(position + 1)), to: &table)
        }
        return table
    }

    private static let idempotencyRow = FuzzedDecoder(
        "idempotency-row", from: "a table", shape: .protobuf, isCanonical: true,
        seeds: {
            let samples = try KeySamples()
            let outcomes: [CommandOutcome] = [
                .accepted, .created(samples.key), .updated(samples.key), .epoch(samples.epoch),
                .rejected(.invalidKeyState, "no"),
            ]
            return outcomes.map {
                IdempotencyRecord(
                    principal: "spiffe://claviger.local/operator/ann", key: [1], requestDigest: [2], outcome: $0,
                    index: 7, at: 8
                ).bytes
            }
        }, decode: { try IdempotencyRecord(bytes: $0) }, encode: { $0.bytes })

    /// A stored row: equal values give equal bytes, and no other bytes are read.
    private static func row<Row: StoredRow & Equatable & Sendable>(
        _ name: String, _ values: @escaping @Sendable (KeySamples) -> [Row]
    ) -> FuzzedDecoder {
        FuzzedDecoder(
            name, from: "a table", shape: .protobuf, isCanonical: true,
            seeds: { values(try KeySamples()).map(\.bytes) }, decode: { try Row(bytes: $0) }, encode: { $0.bytes })
    }
}
