package import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Directory commands as log payloads.
package enum DirectoryCommandCodec {
    package static func encode(_ command: DirectoryCommand) -> [UInt8] { command.bytes }

    /// Throws for anything that this program would not have written, as `KeyCommandCodec.decode`.
    package static func decode(_ payload: [UInt8]) throws(CodecError) -> DirectoryCommand {
        try DirectoryCommand(bytes: payload)
    }
}

extension DirectoryCommand: StoredRow {
    package init(_ proto: ProtoDirectoryCommandRow) throws(CodecError) {
        guard let body = proto.body else { throw CodecError("a directory command is of a kind that is not known here") }
        self.init(try Body(body), header: CommandHeader(proto.header))
    }

    package var proto: ProtoDirectoryCommandRow {
        var row = ProtoDirectoryCommandRow()
        row.header = header.proto
        row.body = body.proto
        return row
    }
}

extension DirectoryCommand.Body {
    init(_ proto: ProtoDirectoryCommandRow.OneOf_Body) throws(CodecError) {
        switch proto {
        case .bootstrap(let row):
            self = .bootstrap(
                cluster: [UInt8](row.cluster), regions: try each(row.regions, Region.init(_:)),
                nodes: try each(row.nodes, DirectoryNode.init(_:)), operators: row.operators)
        case .registerNode(let node): self = .registerNode(try DirectoryNode(node))
        case .renewNode(let node): self = .renewNode(try DirectoryNode(node))
        case .putRegion(let region): self = .putRegion(try Region(region))
        case .putPlacement(let placement): self = .putPlacement(try Placement(placement))
        case .putGroup(let group): self = .putGroup(try DirectoryGroup(group))
        case .setGroupReplicas(let row): self = .setGroupReplicas(id: row.id, replicas: row.replicas)
        case .removeNode(let number):
            self = .removeNode(number: try required(UInt16(exactly: number), "a node's number"))
        }
    }

    var proto: ProtoDirectoryCommandRow.OneOf_Body {
        switch self {
        case .bootstrap(let cluster, let regions, let nodes, let operators):
            var row = ProtoDirectoryCommandRow.Bootstrap()
            row.cluster = .init(cluster)
            row.regions = regions.map(\.proto)
            row.nodes = nodes.map(\.proto)
            row.operators = operators
            return .bootstrap(row)
        case .registerNode(let node): return .registerNode(node.proto)
        case .renewNode(let node): return .renewNode(node.proto)
        case .putRegion(let region): return .putRegion(region.proto)
        case .putPlacement(let placement): return .putPlacement(placement.proto)
        case .putGroup(let group): return .putGroup(group.proto)
        case .setGroupReplicas(let id, let replicas):
            var row = ProtoDirectoryCommandRow.SetGroupReplicas()
            row.id = id
            row.replicas = replicas
            return .setGroupReplicas(row)
        case .removeNode(let number): return .removeNode(UInt32(number))
        }
    }
}
