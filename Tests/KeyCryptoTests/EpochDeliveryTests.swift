import KeyCrypto
import Testing

@Suite("Epoch key delivery")
struct EpochDeliveryTests {
    let directory: TemporaryDirectory
    let seal: any Seal
    let keys: NodeKeys
    let delivery: EpochDelivery

    init() throws {
        directory = try TemporaryDirectory()
        seal = try DevFileSeal(path: directory.path + "/seal.key", isProduction: false)
        keys = try NodeKeys(directory: directory.path, seal: seal)
        delivery = EpochDelivery(
            cluster: [1], placement: "eu", epoch: 9, sender: 1, receiver: 2, receiverPublicKey: keys.publicKey,
            senderCertificate: [1, 1], receiverCertificate: [2, 2])
    }

    @Test("The receiver gets the key that was sent, also after a restart")
    func roundTrip() throws {
        let message = try delivery.seal(secret(Array(0..<32)))
        let opened = try delivery.open(message, keys: keys)
        #expect(reveal(opened) == Array(0..<32))
        let restarted = try NodeKeys(directory: directory.path, seal: seal)
        #expect(restarted.publicKey == keys.publicKey)
        let again = try delivery.open(message, keys: restarted)
        #expect(reveal(again) == Array(0..<32))
    }

    @Test("Every flipped bit and every other length is refused")
    func damage() throws {
        let message = try delivery.seal(secret(Array(0..<32)))
        var accepted: [Int] = []
        message.forEachBitFlip { flipped, bit in
            let error = failure { () throws(CryptoError) in _ = try delivery.open(flipped, keys: keys) }
            if error != .deliveryRejected { accepted.append(bit) }
        }
        #expect(accepted.isEmpty)
        for bytes in [[], Array(message.dropLast()), message + [0]] {
            let error = failure { () throws(CryptoError) in _ = try delivery.open(bytes, keys: keys) }
            #expect(error == .deliveryRejected)
        }
    }

    @Test("A delivery opens for no other cluster, placement, epoch, sender, receiver or certificate", arguments: 0..<8)
    func swaps(field: Int) throws {
        var other = delivery
        switch field {
        case 0: other.cluster = [2]
        case 1: other.placement = "us"
        case 2: other.epoch = 10
        case 3: other.sender = 3
        case 4: other.receiver = 3
        case 5: other.senderCertificate = [1, 2]
        case 6: other.receiverCertificate = [2]
        default: other.receiverPublicKey[0] ^= 1
        }
        let message = try delivery.seal(secret(Array(0..<32)))
        let error = failure { () throws(CryptoError) in _ = try other.open(message, keys: keys) }
        #expect(error == .deliveryRejected)
    }

    @Test("Another node cannot open it")
    func otherNode() throws {
        let elsewhere = try TemporaryDirectory()
        let stranger = try NodeKeys(directory: elsewhere.path, seal: seal)
        let message = try delivery.seal(secret(Array(0..<32)))
        var claim = delivery
        #expect(failure { () throws(CryptoError) in _ = try claim.open(message, keys: stranger) } == .deliveryRejected)
        claim.receiverPublicKey = stranger.publicKey
        #expect(failure { () throws(CryptoError) in _ = try claim.open(message, keys: stranger) } == .deliveryRejected)
    }

    @Test("Every flipped bit of the node key file is refused, and the file is kept")
    func nodeKeyDamage() throws {
        let sound = try directory.bytes(NodeKeys.fileName)
        var accepted: [Int] = []
        try sound.forEachBitFlip { flipped, bit in
            try directory.write(flipped, NodeKeys.fileName)
            let error = failure { () throws(CryptoError) in _ = try NodeKeys(directory: directory.path, seal: seal) }
            if error != .sealRejected { accepted.append(bit) }
        }
        #expect(accepted.isEmpty)
    }
}
