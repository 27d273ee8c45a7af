package import KeyModel
package import Raft
package import Storage
import Synchronization

/// The directory's committed rows in memory, for readers on any thread: one immutable value per commit.
package final class DirectoryView: Sendable {
    private struct Content: Sendable {
        var state = DirectoryState()
        var position = LogPosition.zero
        var damage: String?
        var nodes = SortedRows<UInt16, DirectoryNode>()
        var groups = SortedRows<UInt64, DirectoryGroup>()
        /// By row key, since a bucket is replaced as a whole.
        var regions = SortedRows<RowBytes, [Region]>()
        var placements = SortedRows<RowBytes, [Placement]>()
    }

    private let content = Mutex(Content())

    package init() {}

    /// Nodes, regions, placements and groups as of one commit.
    package var state: DirectoryState { content.withLock { $0.state } }
    /// How far the view has followed the log.
    package var position: LogPosition { content.withLock { $0.position } }
    /// Why the view cannot be trusted, or nil.
    package var damage: String? { content.withLock { $0.damage } }
    /// The id that the next group gets, or nil before the cluster was started.
    package var nextGroup: UInt64? { content.withLock { $0.state.cluster?.nextGroup } }

    /// Takes over what a commit changed.
    package func update(_ changes: TableChanges, at position: LogPosition) {
        content.withLock { content in
            for write in changes.writes { Self.take(write.key, write.value, into: &content) }
            Self.finish(&content, at: position)
        }
    }

    /// Takes over a whole table.
    package func load(_ table: any TableReader, at position: LogPosition) {
        var fresh = Content()
        do throws(StorageError) {
            for row in try table.rows(withPrefix: [], after: nil, limit: .max) {
                Self.take(row.key, row.value, into: &fresh)
            }
        } catch {
            fresh.damage = "the table cannot be read"
        }
        Self.finish(&fresh, at: position)
        let loaded = fresh
        content.withLock { $0 = loaded }
    }

    private static func finish(_ content: inout Content, at position: LogPosition) {
        content.position = position
        content.state.nodes = content.nodes.rows
        content.state.groups = content.groups.rows
        content.state.regions = content.regions.rows.flatMap { $0 }.sorted { NameRules.precedes($0.name, $1.name) }
        content.state.placements = content.placements.rows.flatMap { $0 }.sorted { $0.name < $1.name }
    }

    private static func take(_ key: [UInt8], _ value: [UInt8]?, into content: inout Content) {
        guard let value, let kind = key.first.flatMap(RowKey.Kind.init(rawValue:)) else {
            content.damage = content.damage ?? "a row of the directory was deleted or is of an unknown kind"
            return
        }
        do throws(CodecError) {
            switch kind {
            case .cluster: content.state.cluster = try ClusterRecord(bytes: value)
            case .node:
                let node = try DirectoryNode(bytes: value)
                content.nodes[node.number] = node
            case .group:
                let group = try DirectoryGroup(bytes: value)
                content.groups[group.id] = group
            case .regions:
                content.regions[RowBytes(key)] = try each(try Bucket(bytes: value).rows) { bytes throws(CodecError) in
                    try Region(bytes: bytes)
                }
            case .placements:
                content.placements[RowBytes(key)] = try each(try Bucket(bytes: value).rows) {
                    bytes throws(CodecError) in
                    try Placement(bytes: bytes)
                }
            default: throw CodecError("a placement group's row stands in the directory")
            }
        } catch {
            content.damage = content.damage ?? "a written row cannot be read: \(error.reason)"
        }
    }
}
