import KeyCrypto
import Testing

@Suite("Key hierarchy")
struct KeyHierarchyTests {
    let hierarchy: KeyHierarchy
    let scope = WrapScope.keyVersion(
        placement: "eu", tenant: "acme", keyID: [UInt8](repeating: 1, count: 16), version: 2, tenantKey: 3)

    init() throws { hierarchy = try KeyHierarchy(cluster: [1, 2, 3]) }

    @Test("Epoch key wraps tenant key wraps key version, and back")
    func chain() throws {
        let epochKey = try hierarchy.generateKey()
        let tenantKey = try hierarchy.generateKey()
        let version = try hierarchy.generateKey()
        let tenantScope = WrapScope.tenantKey(placement: "eu", tenant: "acme", tenantKey: 3, epoch: 77)
        let wrappedTenant = try hierarchy.wrap(tenantKey, under: epochKey, scope: tenantScope)
        let wrappedVersion = try hierarchy.wrap(version, under: tenantKey, scope: scope)
        #expect(KeyHierarchy.wrappingKeyNumber(of: wrappedTenant) == 77)
        #expect(KeyHierarchy.wrappingKeyNumber(of: wrappedVersion) == 3)
        let openedTenant = try hierarchy.unwrap(wrappedTenant, under: epochKey, scope: tenantScope)
        let openedVersion = try hierarchy.unwrap(wrappedVersion, under: openedTenant, scope: scope)
        #expect(reveal(openedVersion) == reveal(version))
    }

    @Test("Every flipped bit, truncation and extension of a wrapped record is refused")
    func damage() throws {
        let key = try hierarchy.generateKey()
        let record = try hierarchy.wrap(secret(Array(0..<32)), under: key, scope: scope)
        var accepted: [Int] = []
        record.forEachBitFlip { flipped, bit in
            let error = failure { () throws(CryptoError) in _ = try hierarchy.unwrap(flipped, under: key, scope: scope)
            }
            if error != .wrapRejected { accepted.append(bit) }
        }
        #expect(accepted.isEmpty)
        for bytes in (0..<record.count).map({ Array(record.prefix($0)) }) + [record + [0]] {
            let error = failure { () throws(CryptoError) in _ = try hierarchy.unwrap(bytes, under: key, scope: scope) }
            #expect(error == .wrapRejected)
        }
        let opened = try hierarchy.unwrap(record, under: key, scope: scope)
        #expect(reveal(opened) == Array(0..<32))
    }

    @Test("A record opens in no other scope")
    func swaps() throws {
        let key = try hierarchy.generateKey()
        let record = try hierarchy.wrap(secret(Array(0..<32)), under: key, scope: scope)
        let id = [UInt8](repeating: 1, count: 16)
        let others: [WrapScope] = [
            .keyVersion(placement: "us", tenant: "acme", keyID: id, version: 2, tenantKey: 3),
            .keyVersion(placement: "eu", tenant: "acmf", keyID: id, version: 2, tenantKey: 3),
            .keyVersion(
                placement: "eu", tenant: "acme", keyID: [UInt8](repeating: 2, count: 16), version: 2, tenantKey: 3),
            .keyVersion(placement: "eu", tenant: "acme", keyID: id, version: 3, tenantKey: 3),
            .keyVersion(placement: "eu", tenant: "acme", keyID: id, version: 2, tenantKey: 4),
            .tenantKey(placement: "eu", tenant: "acme", tenantKey: 2, epoch: 3),
        ]
        for other in others {
            let error = failure { () throws(CryptoError) in _ = try hierarchy.unwrap(record, under: key, scope: other) }
            #expect(error == .wrapRejected)
        }
        let foreign = try KeyHierarchy(cluster: [1, 2, 4])
        let otherKey = try hierarchy.generateKey()
        #expect(
            failure { () throws(CryptoError) in _ = try foreign.unwrap(record, under: key, scope: scope) }
                == .wrapRejected)
        #expect(
            failure { () throws(CryptoError) in _ = try hierarchy.unwrap(record, under: otherKey, scope: scope) }
                == .wrapRejected)
    }

    @Test("Two wraps of one key share no bytes of salt or ciphertext")
    func fresh() throws {
        let key = try hierarchy.generateKey()
        let one = try hierarchy.wrap(key, under: key, scope: scope)
        let two = try hierarchy.wrap(key, under: key, scope: scope)
        #expect(one[8..<40] != two[8..<40])
        #expect(one.suffix(48) != two.suffix(48))
    }

    @Test("The check value names key, cluster, placement and epoch")
    func checkValue() throws {
        let key = try secret(Array(0..<32))
        let value = try hierarchy.checkValue(of: key, placement: "eu", epoch: 1)
        #expect(value.count == 16)
        #expect(try hierarchy.checkValue(of: key, placement: "eu", epoch: 1) == value)
        #expect(try hierarchy.checkValue(of: key, placement: "eu", epoch: 2) != value)
        #expect(try hierarchy.checkValue(of: key, placement: "us", epoch: 1) != value)
        #expect(try KeyHierarchy(cluster: [9]).checkValue(of: key, placement: "eu", epoch: 1) != value)
        #expect(try hierarchy.checkValue(of: secret(Array(1..<33)), placement: "eu", epoch: 1) != value)
    }

    @Test("Random bytes are no record and trap nothing")
    func garbage() throws {
        let key = try hierarchy.generateKey()
        var random = TestRandom(state: 1)
        for round in 0..<5000 {
            var bytes = random.bytes(Int(random.next() % 160))
            if round % 2 == 0 { bytes = [1, 1, 2, 0, 0, 0, 0, 3] + bytes }
            _ = KeyHierarchy.wrappingKeyNumber(of: bytes)
            let error = failure { () throws(CryptoError) in _ = try hierarchy.unwrap(bytes, under: key, scope: scope) }
            #expect(error == .wrapRejected)
        }
    }
}
