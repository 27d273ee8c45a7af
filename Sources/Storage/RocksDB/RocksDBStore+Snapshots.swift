package import Raft

extension RocksDBStore {
    package func snapshot(of group: GroupID) throws(StorageError) -> any SnapshotSource {
        try RocksSnapshotSource(try find(group), try database())
    }

    package func stage(_ descriptor: SnapshotDescriptor, for group: GroupID) throws(StorageError) -> any SnapshotStaging
    {
        let group = try find(group)
        try SnapshotStream.check(descriptor)
        if let staging = group.staging {
            if staging.descriptor == descriptor { return staging }
            try discardStaged(group.id)
        }
        try checkReserve()
        set(.staged, RocksKeys.stagedDescriptor(group.id), to: descriptor.encoded, try database())
        try commit(sync: false)
        let staging = RocksSnapshotStaging(group, descriptor, store: self)
        group.staging = staging
        return staging
    }

    package func discardStaged(_ group: GroupID) throws(StorageError) {
        let group = try find(group)
        guard let staging = group.staging else { return }
        group.staging = nil
        try staging.discard(self)
    }
}
