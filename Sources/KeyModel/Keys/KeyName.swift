/// `placement/tenant/key`, for example `eu/acme/orders`. A person sees the jurisdiction in every command line and log.
package struct KeyName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let placement: PlacementName
    package let tenant: TenantName
    /// 1-128 bytes of `a-z 0-9 - . _`, a letter or digit at both ends.
    package let key: String

    /// Throws `invalidRequest` unless `key` may be the third part of a name.
    package init(placement: PlacementName, tenant: TenantName, key: String) throws(KMSError) {
        guard NameRules.isKeyPart(key) else {
            throw KMSError(
                .invalidRequest,
                "the key part must be 1-128 of a-z, 0-9, -, . and _, with a letter or digit at both ends")
        }
        self.placement = placement
        self.tenant = tenant
        self.key = key
    }

    /// Reads `placement/tenant/key`. Throws `invalidRequest` that says which part is wrong.
    package init(parsing text: String) throws(KMSError) {
        // Longest legal name; checked before anything is copied.
        guard text.utf8.count <= 63 + 1 + 63 + 1 + 128 else {
            throw KMSError(.invalidRequest, "the key name is longer than 256 bytes")
        }
        let slash = UInt8(ascii: "/")
        let bytes = text.utf8
        guard let first = bytes.firstIndex(of: slash), let last = bytes.lastIndex(of: slash), first < last,
            !bytes[bytes.index(after: first)..<last].contains(slash)
        else { throw KMSError(.invalidRequest, "a key name has three parts, placement/tenant/key, as eu/acme/orders") }
        try self.init(
            placement: PlacementName(String(text[..<first])),
            tenant: TenantName(String(text[bytes.index(after: first)..<last])),
            key: String(text[bytes.index(after: last)...]))
    }

    package var description: String { "\(placement)/\(tenant)/\(key)" }

    /// By placement, tenant, key, each as bytes.
    package static func < (a: Self, b: Self) -> Bool {
        if a.placement != b.placement { return a.placement < b.placement }
        if a.tenant != b.tenant { return a.tenant < b.tenant }
        return NameRules.precedes(a.key, b.key)
    }
}
