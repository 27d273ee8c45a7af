/// One entry of the directory's log. The directory knows where things are, never what they are: no key, no tenant, no
/// key name.
package struct DirectoryCommand: Hashable, Sendable {
    package var header: CommandHeader
    package var body: Body

    package init(_ body: Body, header: CommandHeader) {
        self.header = header
        self.body = body
    }

    /// What is to be done.
    package enum Body: Hashable, Sendable {
        /// Begins a cluster, once. `operators` are patterns of SPIFFE ids that may do everything to the cluster.
        case bootstrap(cluster: [UInt8], regions: [Region], nodes: [DirectoryNode], operators: [String])
        /// A node that was never there before.
        case registerNode(DirectoryNode)
        /// A node that comes back with an empty disk, under the next incarnation. The one before is fenced for ever.
        case renewNode(DirectoryNode)
        case putRegion(Region)
        case putPlacement(Placement)
        /// A new group under the directory's next id.
        case putGroup(DirectoryGroup)
        case setGroupReplicas(id: UInt64, replicas: [UInt64])
        case removeNode(number: UInt16)
    }
}

/// A node as the directory knows it.
package struct DirectoryNode: Hashable, Sendable {
    package let name: String
    /// 1…65535, never given to another node.
    package let number: UInt16
    /// Counts the empty disks from 1.
    package var incarnation: UInt16
    package let region: String
    /// 16 random bytes of its store.
    package var storeID: [UInt8]
    /// The public key to which epoch keys are sealed (HPKE). May come later, with `renewNode`.
    package var sealingKey: [UInt8]
    /// `host:port` for other nodes.
    package var peerEndpoint: String
    /// `host:port` for callers.
    package var apiEndpoint: String
    /// Whether it left for good; its number stays taken.
    package var isRemoved: Bool

    package init(
        name: String, number: UInt16, incarnation: UInt16, region: String, storeID: [UInt8], sealingKey: [UInt8],
        peerEndpoint: String, apiEndpoint: String, isRemoved: Bool = false
    ) {
        self.name = name
        self.number = number
        self.incarnation = incarnation
        self.region = region
        self.storeID = storeID
        self.sealingKey = sealingKey
        self.peerEndpoint = peerEndpoint
        self.apiEndpoint = apiEndpoint
        self.isRemoved = isRemoved
    }

    /// Its id in every group: `number << 16 | incarnation`.
    package var replica: UInt64 { ReplicaNumber.make(node: number, incarnation: incarnation) }

    /// What is wrong with it, or nil.
    var problem: String? {
        guard NameRules.isName(name), NameRules.isName(region) else { return "a node and its region need names" }
        guard number >= 1, incarnation >= 1, !isRemoved else {
            return "node \(name): number and incarnation begin at 1"
        }
        guard storeID.count == 16 else { return "node \(name): a store id has 16 bytes" }
        guard sealingKey.count <= 4096 else { return "node \(name): a sealing key has at most 4096 bytes" }
        return NameRules.isPrintable(peerEndpoint, 1...300) && NameRules.isPrintable(apiEndpoint, 1...300)
            ? nil : "node \(name): an endpoint is HOST:PORT"
    }
}

/// A placement's group and who is in it.
package struct DirectoryGroup: Hashable, Sendable {
    /// From 2 on; group 1 is the directory itself.
    package let id: UInt64
    package let placement: PlacementName
    /// Sorted.
    package var replicas: [UInt64]
    /// Counts the changes from 1.
    package var version: UInt64

    package init(id: UInt64, placement: PlacementName, replicas: [UInt64], version: UInt64 = 1) {
        self.id = id
        self.placement = placement
        self.replicas = replicas.sorted()
        self.version = version
    }
}

/// What a directory command came to.
package enum DirectoryOutcome: Hashable, Sendable {
    case accepted
    case node(DirectoryNode)
    case placement(Placement)
    case group(DirectoryGroup)
    /// The message is safe to show to the caller.
    case rejected(KMSError.Code, String)

    /// The refusal as an error, or nil.
    package var refusal: KMSError? {
        if case .rejected(let code, let message) = self { KMSError(code, message) } else { nil }
    }
}
