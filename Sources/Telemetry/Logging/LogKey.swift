/// Names of log metadata. Every module takes its keys from here, so that one query finds a request on every node.
///
/// Plaintext, ciphertext, associated data, tokens, wrapped material and raw certificates are never logged under any
/// key.
package enum LogKey {
    /// The id of the call, given by the caller or drawn by the door.
    package static let requestID = "request.id"
    /// The protocol by which the call came in.
    package static let requestDoor = "request.door"
    /// The authenticated caller, as a SPIFFE id.
    package static let principalID = "principal.id"
    /// What the caller wanted to do.
    package static let action = "action"
    /// The placement whose keys are concerned.
    package static let placement = "placement"
    /// The public id of a key, in hexadecimal.
    package static let keyID = "key.id"
    /// The number of a key version.
    package static let keyVersion = "key.version"
    /// A Raft group's number.
    package static let raftGroup = "raft.group"
    /// A Raft term.
    package static let raftTerm = "raft.term"
    /// An index in a group's log.
    package static let raftIndex = "raft.index"
    /// This node's name.
    package static let nodeID = "node.id"
    /// The other node's name.
    package static let peerID = "peer.id"
    /// A region's name.
    package static let region = "region"
    /// A `KMSError` code.
    package static let errorCode = "error.code"
    /// The type of an error that has no code.
    package static let errorType = "error.type"
    /// An error's own words, safe to log.
    package static let errorReason = "error.reason"
    /// How long something took, in milliseconds.
    package static let durationMilliseconds = "duration.ms"
    /// How old the state was that answered, in milliseconds.
    package static let freshnessMilliseconds = "freshness.ms"
    /// A count of whatever the message names.
    package static let count = "count"
    /// A size in bytes.
    package static let bytes = "bytes"
    /// A file or directory.
    package static let path = "path"
    /// An address with its port.
    package static let address = "address"
}
