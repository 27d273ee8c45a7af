import KeyModel
import Raft

/// What stands behind a `KeyView`'s lock. Dictionaries answer look-ups; whatever is listed is sorted.
struct KeyViewState: Sendable {
    private(set) var keys: [KeyID: KeyEntry] = [:]
    private(set) var names: [KeyName: KeyEntry] = [:]
    /// Keys with a version that waits for its activation: few, and only for a moment.
    private(set) var pending = SortedRows<KeyName, Key>()
    /// Every name, in order.
    private(set) var order: [KeyName] = []
    private(set) var tenants: [TenantName: Tenant] = [:]
    private(set) var epochs = SortedRows<EpochNumber, Epoch>()
    private(set) var holders = SortedRows<UInt64, Holder>()
    private(set) var ledger = EpochLedger()
    private(set) var policies = CompiledPolicies([])
    private(set) var placement: PlacementRecord?
    private(set) var featureLevel: UInt32 = 0
    private(set) var position = LogPosition.zero
    var damage: String?
    /// While a whole table comes in, names are collected and sorted once.
    var isLoading = false

    /// By row key, since a bucket is replaced as a whole.
    private var policyBuckets = SortedRows<RowBytes, [Policy]>()
    private var policiesChanged = false

    func snapshot(of entry: KeyEntry) -> KeySnapshot? {
        guard damage == nil, let placement else { return nil }
        return KeySnapshot(
            entry: entry, tenant: tenants[entry.key.tenant], policies: policies, placement: placement,
            position: position)
    }

    func page(prefix: String, after: KeyName?, limit: Int) -> [KeyEntry] {
        var page: [KeyEntry] = []
        var place = after.map { self.place(of: $0) } ?? 0
        if place < order.count, order[place] == after { place += 1 }
        while place < order.count, page.count < limit {
            if order[place].description.utf8.starts(with: prefix.utf8), let entry = names[order[place]] {
                page.append(entry)
            }
            place += 1
        }
        return page
    }

    // MARK: - Following

    mutating func take(_ key: [UInt8], _ value: [UInt8]?, decoded: [KeyID: KeyEntry] = [:]) {
        guard let first = key.first, let kind = RowKey.Kind(rawValue: first) else {
            damage = damage ?? "a row of an unknown kind was written"
            return
        }
        do throws(CodecError) {
            try take(kind, key, value, decoded)
        } catch {
            damage = damage ?? "a written row cannot be read: \(error.reason)"
        }
    }

    /// After the rows of a commit, before anyone reads.
    mutating func finish(at position: LogPosition) {
        self.position = position
        if isLoading {
            order.sort()
            isLoading = false
        }
        guard policiesChanged else { return }
        policies = CompiledPolicies(policyBuckets.rows.flatMap { $0 })
        policiesChanged = false
    }

    private mutating func take(
        _ kind: RowKey.Kind, _ key: [UInt8], _ value: [UInt8]?, _ decoded: [KeyID: KeyEntry]
    ) throws(CodecError) {
        switch kind {
        case .key:
            guard let value else { break }
            let known = decoded.isEmpty ? nil : KeyID(key[1...]).flatMap { decoded[$0] }
            if let known { put(known) } else { put(KeyEntry(try Key(bytes: value))) }
        case .tenants:
            for tenant: Tenant in try rows(of: value) { tenants[tenant.name] = tenant }
        case .epoch:
            if let value {
                let epoch = try Epoch(bytes: value)
                epochs[epoch.number] = epoch
            }
        case .holder: try takeHolder(key, value)
        case .epochLedger:
            ledger = try value.map { bytes throws(CodecError) in try EpochLedger(bytes: bytes) } ?? EpochLedger()
        case .policies:
            let rows: [Policy] = try rows(of: value)
            policyBuckets[RowBytes(key)] = rows.isEmpty ? nil : rows
            policiesChanged = true
        case .placement: placement = try value.map { bytes throws(CodecError) in try PlacementRecord(bytes: bytes) }
        case .featureLevel:
            featureLevel =
                try value.map { bytes throws(CodecError) in UInt32(clamping: try Counter(bytes: bytes).value) } ?? 0
        // Nobody reads these but apply; names come with their keys.
        case .clock, .idempotency, .keyNames: break
        case .cluster, .node, .regions, .placements, .group:
            throw CodecError("a directory's row stands in a placement group")
        }
    }

    private mutating func takeHolder(_ key: [UInt8], _ value: [UInt8]?) throws(CodecError) {
        if let value {
            let holder = try Holder(bytes: value)
            holders[holder.replica] = holder
        } else {
            holders[key.dropFirst().reduce(0) { $0 << 8 | UInt64($1) }] = nil
        }
    }

    private func rows<Row: StoredRow>(of value: [UInt8]?) throws(CodecError) -> [Row] {
        guard let value else { return [] }
        return try each(try Bucket(bytes: value).rows) { bytes throws(CodecError) in try Row(bytes: bytes) }
    }

    private mutating func put(_ entry: KeyEntry) {
        let name = entry.key.name
        if names.updateValue(entry, forKey: name) == nil {
            if isLoading { order.append(name) } else { order.insert(name, at: place(of: name)) }
        }
        keys[entry.key.id] = entry
        pending[name] = entry.key.pendingVersion == nil ? nil : entry.key
    }

    /// Position of the first name that is not before `name`.
    private func place(of name: KeyName) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = low + (high - low) / 2
            if order[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
