/// A label on a key, matched by policies. Not secret.
package struct KeyTag: Hashable, Comparable, Sendable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    package static func < (a: KeyTag, b: KeyTag) -> Bool {
        NameRules.same(a.key, b.key) ? NameRules.precedes(a.value, b.value) : NameRules.precedes(a.key, b.key)
    }

    /// Most tags on one key.
    package static let most = 50

    /// The tags in order of their keys. Throws `invalidRequest` for too many, too long, unprintable or repeated ones.
    package static func checked(_ tags: [KeyTag]) throws(KMSError) -> [KeyTag] {
        guard tags.count <= most else { throw KMSError(.invalidRequest, "a key has at most \(most) tags") }
        for tag in tags {
            guard NameRules.isPrintable(tag.key, 1...128), NameRules.isPrintable(tag.value, 0...256) else {
                throw KMSError(.invalidRequest, "a tag is 1-128 bytes of printable ASCII and a value of at most 256")
            }
        }
        let sorted = tags.sorted()
        for (tag, next) in zip(sorted, sorted.dropFirst()) where NameRules.same(tag.key, next.key) {
            throw KMSError(.invalidRequest, "a tag is given twice")
        }
        return sorted
    }
}
