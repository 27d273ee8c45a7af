/// One entry of a placement group's log.
package struct KeyCommand: Hashable, Sendable {
    package var header: CommandHeader
    package var body: Body

    package init(_ body: Body, header: CommandHeader) {
        self.header = header
        self.body = body
    }

    /// What is to be done.
    package enum Body: Hashable, Sendable {
        /// Ties the group to its placement, once.
        case initialize(placement: Placement, regions: [Region], holders: [Holder])
        case admitHolder(Holder)
        case removeHolder(replica: UInt64)
        /// The next version of the rule, with the regions as they are known now.
        case updatePlacement(Placement, regions: [Region])

        case beginEpoch(EpochNumber, keyCheckValue: [UInt8])
        case recordReceipt(EpochNumber, replica: UInt64, digest: [UInt8])
        case activateEpoch(EpochNumber)
        case retireEpoch(EpochNumber)
        case putTenantKey(PutTenantKey)

        case createKey(CreateKey)
        /// Adds a version that is not used yet. `expected` is the generation that the caller saw.
        case rotateKey(KeyName, expected: UInt64, wrapped: WrappedKeyMaterial)
        /// Makes a version the one that protects, after every holder can open with it.
        case activateVersion(KeyName, KeyVersionNumber)
        case disableKey(KeyName)
        case enableKey(KeyName)
        case setTags(KeyName, [KeyTag])

        case putPolicy(Policy)
        case deletePolicy(name: String)
        /// Switches on behaviour that older programs do not have.
        case raiseFeatureLevel(UInt32)
    }

    /// A tenant's key, wrapped under an epoch.
    package struct PutTenantKey: Hashable, Sendable {
        package var tenant: TenantName
        package var number: TenantKeyNumber
        package var wrapped: WrappedKeyMaterial
        package var checkValue: [UInt8]
        /// Nil makes a new key. Else this is another wrap of the same key, in place of the one under that epoch. Said
        /// expressly, because a new key that overwrote an old one would lose everything under it.
        package var replacing: EpochNumber?

        package init(
            tenant: TenantName, number: TenantKeyNumber, wrapped: WrappedKeyMaterial, checkValue: [UInt8] = [],
            replacing: EpochNumber? = nil
        ) {
            self.tenant = tenant
            self.number = number
            self.wrapped = wrapped
            self.checkValue = checkValue
            self.replacing = replacing
        }
    }

    /// A key with its first version.
    package struct CreateKey: Hashable, Sendable {
        package var id: KeyID
        package var name: KeyName
        package var algorithm: Algorithm
        /// Under the tenant's newest key.
        package var wrapped: WrappedKeyMaterial
        package var tags: [KeyTag]

        package init(id: KeyID, name: KeyName, algorithm: Algorithm, wrapped: WrappedKeyMaterial, tags: [KeyTag] = []) {
            self.id = id
            self.name = name
            self.algorithm = algorithm
            self.wrapped = wrapped
            self.tags = tags
        }
    }
}
