import KeyModel
import Peering
import Topology

/// A node's name is read in more than one place; all must read the same.
enum NodeNames {
    @Sendable static func compare(_ id: SPIFFEID) throws(FuzzFinding) {
        if let node = NodeIdentity(uri: id.uri) {
            guard node.description == id.uri, id.nodeName == node.name, id.trustDomain == node.trustDomain else {
                throw FuzzFinding("two readers see two nodes in \(id.uri)")
            }
        }
        // A pattern without a star that is read at all speaks of this name and of no other.
        if !id.segments.isEmpty, let pattern = try? PrincipalPattern(parsing: id.uri) {
            guard pattern.matches(id.uri), !pattern.matches(id.uri + "/x") else {
                throw FuzzFinding("the pattern of a name does not match it")
            }
        }
    }
}
