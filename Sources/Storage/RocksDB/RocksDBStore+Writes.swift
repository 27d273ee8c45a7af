package import Raft

extension RocksDBStore {
    package func append(_ appends: [GroupAppend]) throws(StorageError) {
        let database = try database()
        try AppendCheck.check(appends) { id throws(StorageError) in
            let group = try find(id)
            return AppendCheck.State(
                first: group.firstIndex, last: group.last, applied: group.applied.index,
                ready: group.staging?.ready == nil ? nil : group.staging?.descriptor.metadata)
        }
        guard try isDurabilityDue(appends) else { return }
        var swapped: [(group: RocksGroup, generation: UInt32)] = []
        for append in appends {
            let group = try find(append.group)
            if let snapshot = append.snapshot, let ready = group.staging?.ready {
                swapped.append((group, group.generation))
                install(snapshot, ready, in: group, database)
            }
            if !append.entries.isEmpty { try add(append.entries, to: group, database) }
            if let state = append.hardState { group.hardState = state }
            if append.hardState != nil || append.snapshot != nil { group.isHardStateUnwritten = true }
        }
        let time = try commit(sync: true)
        // A vote says little of how long entries will take.
        if appends.contains(where: { !$0.entries.isEmpty }) { noteSync(time) }
        for (group, generation) in swapped { try dropOld(generation, of: group, database) }
        try refreshMarkIfDue()
    }

    /// Takes over commit indexes that changed alone and says whether anything else is there to be written. They reach
    /// the disk with the next batch, whatever it is for.
    private func isDurabilityDue(_ appends: [GroupAppend]) throws(StorageError) -> Bool {
        for append in appends {
            guard append.movesOnlyCommit(beyond: try find(append.group).hardState) else { return true }
        }
        for append in appends {
            guard let state = append.hardState else { continue }
            let group = try find(append.group)
            group.hardState = state
            group.isHardStateUnwritten = true
        }
        return false
    }

    private func add(_ entries: [LogEntry], to group: RocksGroup, _ database: RocksDatabase) throws(StorageError) {
        let family = database.family(.log)
        if let first = entries.first, let last = entries.last, first.index <= group.last {
            let key = RocksKeys.log(group.id, first.index.rawValue)
            guard let value = try database.value(.log, key),
                let old = key.withUnsafeBytes({ key in value.withUnsafeBytes { LogRecord.decode(key: key, value: $0) } }
                )
            else { throw fail("entry \(first.index.rawValue) of group \(group.id.rawValue) cannot be read back") }
            var leftover = last.index.rawValue + 1
            while leftover <= group.last.rawValue {
                batch.delete(family, RocksKeys.log(group.id, leftover))
                leftover += 1
            }
            group.forget(from: first.index, hash: old.previous)
            noteRewrite(of: group, database)
        }
        for entry in entries {
            LogRecord.encode(entry, group: group.id, previous: group.head, into: &record)
            let hash = record.withUnsafeBytes { bytes in
                let key = UnsafeRawBufferPointer(rebasing: bytes[..<LogRecord.keySize])
                let value = UnsafeRawBufferPointer(rebasing: bytes[LogRecord.keySize...])
                batch.put(family, key, value)
                return LogRecord.hash(key: key, value: value)
            }
            group.note(entry, hash: hash)
        }
    }

    private func noteRewrite(of group: RocksGroup, _ database: RocksDatabase) {
        group.rewritten = synced + 1
        putRewritten(of: group, database)
    }

    /// Puts the verified image in force. The rows are there already under their own generation: only its number
    /// changes.
    private func install(
        _ snapshot: SnapshotMetadata, _ ready: RocksSnapshotStaging.Ready, in group: RocksGroup,
        _ database: RocksDatabase
    ) {
        var index = group.firstIndex
        while index <= group.last {
            batch.delete(database.family(.log), RocksKeys.log(group.id, index.rawValue))
            index = LogIndex(index.rawValue + 1)
        }
        group.restart(at: snapshot.position, head: LogRecord.hash(ofSnapshotAt: snapshot.position, group: group.id))
        group.membership = snapshot.membership
        group.generation = ready.generation
        group.digest = ready.digest
        group.hardState.commit = max(group.hardState.commit, snapshot.position.index)
        group.staging = nil
        putMembership(of: group, database)
        putTruncated(of: group, database)
        putApplied(of: group, database)
        noteRewrite(of: group, database)
        for key in RocksKeys.stagedRows(group.id) { set(.staged, key, to: nil, database) }
    }

    private func dropOld(_ generation: UInt32, of group: RocksGroup, _ database: RocksDatabase) throws(StorageError) {
        let old = try RocksSweep.delete(.state, prefix: RocksKeys.rows(group.id, generation), in: database)
        let chunks = try RocksSweep.delete(.staged, prefix: RocksKeys.stagedChunks(group.id), in: database)
        if let reason = old ?? chunks { throw fail("a write failed: \(reason)") }
    }

    package func apply(_ applies: [GroupApply]) throws(StorageError) {
        let database = try database()
        for apply in applies {
            let group = try find(apply.group)
            try AppendCheck.check(apply, last: group.last, applied: group.applied.index)
        }
        // Rows written earlier in this call are not readable yet; only a group that comes twice needs to know them.
        let isRepeated = Set(applies.map(\.group)).count < applies.count
        var written: [[UInt8]: [UInt8]?] = [:]
        let state = database.family(.state)
        for apply in applies {
            let group = try find(apply.group)
            let base = RocksKeys.rows(group.id, group.generation)
            for write in apply.changes.writes {
                let key = base + write.key
                let old: [UInt8]?
                if isRepeated, let seen = written[key] {
                    old = seen
                } else {
                    switch write.before {
                    case .unread: old = try oldValue(key, database)
                    case .absent: old = nil
                    case .value(let value): old = value
                    }
                }
                if let old { group.digest.remove(key: write.key, value: old) }
                if let value = write.value {
                    group.digest.add(key: write.key, value: value)
                    batch.put(state, key, value)
                } else if old != nil {
                    batch.delete(state, key)
                }
                if isRepeated { written[key] = .some(write.value) }
            }
            group.applied = apply.applied
            putApplied(of: group, database)
            if let membership = apply.membership {
                group.membership = membership
                putMembership(of: group, database)
            }
        }
        let changesMembers = applies.contains { $0.membership != nil }
        try commit(sync: changesMembers)
        if changesMembers { try refreshMarkIfDue() }
    }

    /// A read that fails half-way through building a batch leaves memory ahead of disk, so it ends the store as well.
    private func oldValue(_ key: [UInt8], _ database: RocksDatabase) throws(StorageError) -> [UInt8]? {
        do {
            return try database.value(.state, key)
        } catch {
            throw fail("a row cannot be read back: \(error)")
        }
    }

    package func compact(_ group: GroupID, through index: LogIndex) throws(StorageError) {
        let database = try database()
        let group = try find(group)
        let index = min(index, group.applied.index)
        guard index > group.truncated.index else { return }
        let key = RocksKeys.log(group.id, index.rawValue)
        guard let value = try database.value(.log, key) else {
            throw fail("entry \(index.rawValue) of group \(group.id.rawValue) cannot be read back")
        }
        let term: Term
        do {
            term = try group.term(at: index)
        } catch {
            throw .damaged("the log of group \(group.id.rawValue) ends before its applied position")
        }
        let first = group.firstIndex
        let head = key.withUnsafeBytes { key in value.withUnsafeBytes { LogRecord.hash(key: key, value: $0) } }
        group.forget(through: LogPosition(term: term, index: index))
        putTruncated(of: group, head: head, database)
        // Synced, so that what was applied is on disk before the entries it came from are gone.
        try commit(sync: true)
        try dropEntries(from: first, through: index, of: group, database)
        try refreshMarkIfDue()
    }

    private func dropEntries(
        from first: LogIndex, through last: LogIndex, of group: RocksGroup, _ database: RocksDatabase
    ) throws(StorageError) {
        var index = first.rawValue
        while index <= last.rawValue {
            let end = min(last.rawValue, index + UInt64(Self.slice) - 1)
            for dropped in index...end { batch.delete(database.family(.log), RocksKeys.log(group.id, dropped)) }
            try commit(sync: false)
            index = end + 1
        }
    }
}
