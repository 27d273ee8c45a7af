import COpenSSL

/// Known-answer tests of every primitive that the data plane calls, to be run at start and on demand. A node whose
/// library
/// gives one wrong answer must not serve.
package enum SelfTest {
    /// Throws `selfTestFailed` with the name of the first primitive that answered wrongly. Takes a few milliseconds.
    package static func run() throws(CryptoError) {
        try check("SHA-256") { () throws(CryptoError) in
            try SHA256Digest.hash(Array("abc".utf8)) == SelfTestVectors.sha256
        }
        try check("HMAC-SHA-256") { () throws(CryptoError) in
            try hmac(key: SelfTestVectors.hmacKey, SelfTestVectors.hmacMessage) == SelfTestVectors.hmacTag
        }
        try check("SP 800-108", counterKDF)
        try check("SP 800-108 against KBKDF", counterKDFAgainstKBKDF)
        try check("AES-256-GCM", aesGCM)
        try check("scrypt", scrypt)
        try check("random generator") { () throws(CryptoError) in
            let random = SystemRandom()
            return try !random.secret(32).constantTimeEquals(random.secret(32))
        }
        try check("message round trip", message)
    }

    private static func check(_ name: String, _ body: () throws(CryptoError) -> Bool) throws(CryptoError) {
        guard try body() else { throw .selfTestFailed(name) }
    }

    private static func hmac(key: [UInt8], _ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let mac = try HMACSHA256()
        try key.withRawBytes { (key) throws(CryptoError) in try mac.start(key: key) }
        try message.withRawBytes { (message) throws(CryptoError) in try mac.update(message) }
        return try output(HMACSHA256.size) { (output) throws(CryptoError) in try mac.finish(into: output) }
    }

    private static func counterKDF() throws(CryptoError) -> Bool {
        let mac = try HMACSHA256()
        let derived = try output(16) { (output) throws(CryptoError) in
            try SelfTestVectors.kdfKey.withRawBytes { (key) throws(CryptoError) in
                try SelfTestVectors.kdfFixedInput.withRawBytes { (input) throws(CryptoError) in
                    try CounterKDF.derive(mac, key: key, fixedInput: input, into: output)
                }
            }
        }
        return derived == SelfTestVectors.kdfOutput
    }

    private static func counterKDFAgainstKBKDF() throws(CryptoError) -> Bool {
        let key = SelfTestVectors.kdfKey
        let label = Array("claviger/self-test".utf8)
        let context = SelfTestVectors.kdfFixedInput
        let count = 76
        let input = CounterKDF.fixedInput(label: "claviger/self-test", context: context, count: count)
        let mac = try HMACSHA256()
        let ours = try output(count) { (output) throws(CryptoError) in
            try key.withRawBytes { (key) throws(CryptoError) in
                try input.withRawBytes { (input) throws(CryptoError) in
                    try CounterKDF.derive(mac, key: key, fixedInput: input, into: output)
                }
            }
        }
        guard let handle = EVP_KDF_CTX_new(try Algorithms.kbkdf.handle("KBKDF")) else { throw .libraryFailure("KBKDF") }
        defer { EVP_KDF_CTX_free(handle) }
        let theirs = try output(count) { (output) throws(CryptoError) in
            let result = key.withRawBytes { key in
                label.withRawBytes { label in
                    context.withRawBytes { context in
                        claviger_kbkdf(
                            handle, key.baseAddress, key.count, label.baseAddress, label.count, context.baseAddress,
                            context.count, output.octets, output.count)
                    }
                }
            }
            guard result == 1 else { throw .libraryFailure("KBKDF") }
        }
        return ours == theirs
    }

    private static func aesGCM() throws(CryptoError) -> Bool {
        typealias V = SelfTestVectors
        let cipher = try AES256GCM()
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let sealed = try output(V.gcmCiphertext.count + 16) { (output) throws(CryptoError) in
            try withFour(V.gcmKey, V.gcmNonce, V.gcmAuthenticated, V.gcmPlaintext) {
                (key, nonce, authenticated, plaintext) throws(CryptoError) in
                try cipher.seal(
                    key: key, nonce: nonce, authenticated: (authenticated, none), plaintext: plaintext,
                    into: UnsafeMutableRawBufferPointer(rebasing: output[..<plaintext.count]),
                    tag: UnsafeMutableRawBufferPointer(rebasing: output[plaintext.count...]))
            }
        }
        let opened = try output(V.gcmPlaintext.count) { (output) throws(CryptoError) in
            try withFour(V.gcmKey, V.gcmNonce, V.gcmAuthenticated, sealed) {
                (key, nonce, authenticated, sealed) throws(CryptoError) in
                try cipher.open(
                    key: key, nonce: nonce, authenticated: (authenticated, none),
                    ciphertext: UnsafeRawBufferPointer(rebasing: sealed[..<output.count]),
                    tag: UnsafeRawBufferPointer(rebasing: sealed[output.count...]), into: output)
            }
        }
        return sealed == V.gcmCiphertext + V.gcmTag && opened == V.gcmPlaintext
    }

    private static func scrypt() throws(CryptoError) -> Bool {
        var password = Array("password".utf8)
        let derived = try Scrypt.derive(
            password: SecretBytes(wiping: &password), salt: Array("NaCl".utf8),
            parameters: ScryptParameters(logN: 10, r: 8, p: 16), count: 64)
        return derived.withUnsafeBytes { $0.elementsEqual(SelfTestVectors.scryptOutput) }
    }

    private static func message() throws(CryptoError) -> Bool {
        let cipher = try MessageCipher(incarnation: 1)
        let key = SharedSecret(try SystemRandom().secret(MessageCipher.keySize))
        let place = try AssociatedData(
            cluster: [1], placement: "self", tenant: "test", keyID: [UInt8](repeating: 7, count: 16), version: 1)
        let plaintext = Array("known".utf8)
        let ciphertext = try cipher.encrypt(plaintext, key: key, associatedData: place)
        return try cipher.decrypt(ciphertext, key: key, associatedData: place) == plaintext
    }

    private static func output(
        _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(CryptoError) -> Void
    ) throws(CryptoError) -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { (buffer, initialized) throws(CryptoError) in
            try body(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
            initialized = count
        }
    }

    private typealias Four = (
        UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeRawBufferPointer
    ) throws(CryptoError) -> Void

    private static func withFour(
        _ a: [UInt8], _ b: [UInt8], _ c: [UInt8], _ d: [UInt8], _ body: Four
    ) throws(CryptoError) {
        try a.withRawBytes { (a) throws(CryptoError) in
            try b.withRawBytes { (b) throws(CryptoError) in
                try c.withRawBytes { (c) throws(CryptoError) in
                    try d.withRawBytes { (d) throws(CryptoError) in try body(a, b, c, d) }
                }
            }
        }
    }
}
