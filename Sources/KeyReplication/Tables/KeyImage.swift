import KeyModel
import Storage

/// What apply reads of a group without asking the store: its rows, decoded, as of the entry that was applied last.
///
/// Committed rows are the view's, which readers use too; what the entries since the last commit changed stands in front
/// of them. All of it comes from rows and is made anew from rows by a load, so it is a copy and never state of its own.
/// Used on the shard's thread only.
final class KeyImage {
    let view: KeyView
    var clock: Int64 = 0
    var idempotency = IdempotencyLedger()
    /// Why rows cannot be trusted: the group must stop.
    private(set) var damage: String?

    /// Changed since the last commit.
    private(set) var keys: [KeyID: KeyEntry] = [:]
    private var names: [KeyName: KeyID] = [:]
    /// Kinds of rarely changed rows that were changed since the last commit: these are read from the transaction.
    private var changed: [RowKey.Kind] = []

    init(view: KeyView) { self.view = view }

    func key(_ id: KeyID) -> Key? { (keys[id] ?? view.key(id))?.key }
    func key(named name: KeyName) -> Key? { names[name].flatMap { key($0) } ?? view.key(named: name)?.key }

    func put(_ key: Key) {
        keys[key.id] = KeyEntry(key)
        names[key.name] = key.id
    }

    func hasChanged(_ kind: RowKey.Kind) -> Bool { changed.contains(kind) }
    func change(_ kind: RowKey.Kind) { if !changed.contains(kind) { changed.append(kind) } }

    /// The view shows now what was changed.
    func committed() {
        keys.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        changed.removeAll(keepingCapacity: true)
        damage = damage ?? view.damage
    }

    /// Takes over a whole table; the view has done so already.
    func load(_ table: any TableReader) {
        committed()
        damage = view.damage
        idempotency = IdempotencyLedger()
        clock = 0
        do throws(CodecError) {
            if let row = try read({ () throws(StorageError) in try table.value(for: RowKey.single(.clock)) }) {
                clock = try Counter(bytes: row).value
            }
            let prefix = [RowKey.Kind.idempotency.rawValue]
            var after: [UInt8]?
            while true {
                let rows = try read { () throws(StorageError) in
                    try table.rows(withPrefix: prefix, after: after, limit: 1024)
                }
                for row in rows { idempotency.add(try IdempotencyRecord(bytes: row.value), row: row.value) }
                guard rows.count == 1024, let last = rows.last else { break }
                after = last.key
            }
        } catch {
            damage = damage ?? "a stored row cannot be read: \(error.reason)"
        }
    }

    private func read<Value>(_ body: () throws(StorageError) -> Value) throws(CodecError) -> Value {
        do {
            return try body()
        } catch {
            throw CodecError("the table cannot be read")
        }
    }
}
