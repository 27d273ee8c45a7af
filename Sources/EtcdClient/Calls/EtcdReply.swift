/// What a member answered.
package struct EtcdReply: Sendable, Hashable {
    /// Nil: there is no such key. In the answer to a put what was put.
    package var value: String?
    /// When the value was written. Zero: there is none.
    package var modified: UInt64
    /// The store's revision when the answer was made.
    package var revision: UInt64
    /// `host:port` of the member that answered.
    package var endpoint: String

    package init(value: String?, modified: UInt64, revision: UInt64, endpoint: String) {
        self.value = value
        self.modified = modified
        self.revision = revision
        self.endpoint = endpoint
    }
}

/// What a member says of itself.
package struct EtcdMember: Sendable, Hashable {
    package var id: UInt64
    /// The id of who leads as this member knows it; zero: nobody.
    package var leader: UInt64

    package init(id: UInt64, leader: UInt64) {
        self.id = id
        self.leader = leader
    }

    package var isLeading: Bool { id == leader && id != 0 }
}
