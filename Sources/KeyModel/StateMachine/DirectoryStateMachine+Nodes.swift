extension DirectoryStateMachine {
    static func register<Table: DirectoryTable>(_ node: DirectoryNode, in table: inout Table) throws(KMSError)
        -> DirectoryOutcome
    {
        if let problem = node.problem { throw KMSError(.invalidRequest, problem) }
        if let present = table.node(node.number) {
            guard present == node else { throw KMSError(.alreadyExists, "node number \(node.number) is taken") }
            return .node(present)
        }
        guard node.incarnation == 1 else { throw KMSError(.invalidRequest, "a new node begins with incarnation 1") }
        let nodes = table.nodes()
        guard nodes.count < mostNodes else {
            throw KMSError(.quotaExceeded, "a cluster has at most \(mostNodes) nodes")
        }
        guard !nodes.contains(where: { !$0.isRemoved && $0.name == node.name }) else {
            throw KMSError(.alreadyExists, "another node is called \(node.name)")
        }
        guard table.region(named: node.region) != nil else {
            throw KMSError(.invalidRequest, "the region of node \(node.name) is not known")
        }
        table.put(node)
        return .node(node)
    }

    /// Same incarnation and store: new endpoints or sealing key of a node that kept its disk. Next incarnation and
    /// another store: a node that lost it. Anything else is a node from the past, or a twin.
    static func renew<Table: DirectoryTable>(_ node: DirectoryNode, in table: inout Table) throws(KMSError)
        -> DirectoryOutcome
    {
        if let problem = node.problem { throw KMSError(.invalidRequest, problem) }
        guard let present = table.node(node.number), !present.isRemoved else {
            throw KMSError(.keyNotFound, "there is no node \(node.number)")
        }
        guard present.name == node.name, present.region == node.region else {
            throw KMSError(.invalidRequest, "a node keeps its name and region")
        }
        if present == node { return .node(present) }
        if node.incarnation == present.incarnation {
            guard node.storeID == present.storeID else {
                throw KMSError(
                    .generationConflict, "incarnation \(present.incarnation) of node \(node.name) has another store")
            }
            guard present.sealingKey.isEmpty || node.sealingKey == present.sealingKey else {
                throw KMSError(.alreadyExists, "the sealing key of an incarnation never changes")
            }
        } else {
            guard present.incarnation < .max, node.incarnation == present.incarnation + 1,
                node.storeID != present.storeID
            else {
                throw KMSError(
                    .generationConflict,
                    "node \(node.name) has incarnation \(present.incarnation); "
                        + "only the next one, on a new store, is taken"
                )
            }
        }
        table.put(node)
        return .node(node)
    }

    static func removeNode<Table: DirectoryTable>(_ number: UInt16, in table: inout Table) throws(KMSError)
        -> DirectoryOutcome
    {
        guard var node = table.node(number) else { throw KMSError(.keyNotFound, "there is no node \(number)") }
        if node.isRemoved { return .accepted }
        if let group = table.groups().first(where: { $0.replicas.contains { ReplicaNumber.node($0) == number } }) {
            throw KMSError(.invalidKeyState, "node \(node.name) is still in group \(group.id)")
        }
        node.isRemoved = true
        table.put(node)
        return .accepted
    }
}
