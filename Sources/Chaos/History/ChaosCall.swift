package import KeyModel

/// One call of a client, as the client saw it.
package struct ChaosCall: Sendable, Equatable {
    /// What was asked. Times, ids and names are enough to judge the answer; no plaintext is kept.
    package enum Request: Sendable, Equatable {
        case create(tags: [String: String])
        /// Rotate, expecting a generation; 0 expects none.
        case rotate(expected: UInt64)
        case disable, enable
        case setTags([String: String])
        /// With `isConfirmed` as a quorum has it.
        case describe(isConfirmed: Bool)
        case encrypt
        /// Of what call `of` encrypted.
        case decrypt(of: Int)
        case status
        case putPolicy(digest: UInt64)
        case getPolicy
        case list
        /// etcd's.
        case put(value: UInt64)
        case get
    }

    /// How it ended.
    package enum Outcome: Sendable, Equatable {
        case done(Answer)
        /// Refused or failed, known to have had no effect. The code is `ClientError.Code` or a gRPC code's name.
        case refused(code: String)
        /// Not known whether it had its effect.
        case unknown(code: String)
    }

    /// What came back, as far as it says whether it was right.
    package enum Answer: Sendable, Equatable {
        case key(KeyFacts)
        /// By which version of which key.
        case encrypted(id: KeyID, version: UInt32)
        /// Whether the plaintext was the right one.
        case decrypted(isRight: Bool)
        case policy(digest: UInt64, generation: UInt64)
        /// How many keys were on the page.
        case listed(Int)
        case status(isHealthy: Bool, keyID: String)
        /// Nil: there is no such register. The revision is etcd's.
        case register(value: UInt64?, revision: UInt64)
        case nothing
    }

    /// What a client sees of a key.
    package struct KeyFacts: Sendable, Equatable {
        package var id: KeyID
        package var generation: UInt64
        package var primary: UInt32
        /// By number, from 1.
        package var versions: [KeyState]
        package var tags: [String: String]
        package var isEnabled: Bool

        package init(
            id: KeyID, generation: UInt64, primary: UInt32, versions: [KeyState], tags: [String: String],
            isEnabled: Bool
        ) {
            self.id = id
            self.generation = generation
            self.primary = primary
            self.versions = versions
            self.tags = tags
            self.isEnabled = isEnabled
        }
    }

    /// Counts the calls of a run from 0.
    package var number: Int
    package var load: Load.Kind
    /// Counts the clients of a run from 0: a client makes one call at a time unless it paces them.
    package var client: Int
    /// Where the client is.
    package var region: String
    /// The name of the key, `placement/tenant/key`, or what else the call is about.
    package var subject: String
    package var request: Request
    /// Nanoseconds since the beginning of the load, on the harness's own clock.
    package var start: Int64
    /// Nil while there is no answer.
    package var end: Int64?
    /// Nil while there is no answer.
    package var outcome: Outcome?
    /// Whom the client asked, one id for each attempt as it stands in the audit record, and the node that it went to.
    package var attempts: [Attempt]
    /// Who gave the answer that counted.
    package var node: String?
    /// Where in the log of its group a change stands.
    package var revision: UInt64?

    /// What nodes said before the answer that counted, or instead of one.
    package var refusals: [Refusal] = []

    /// A node said no.
    package struct Refusal: Sendable, Equatable {
        /// Nanoseconds since the beginning of the load.
        package var at: Int64
        /// `ClientError.Code`.
        package var code: String

        package init(at: Int64, code: String) {
            self.at = at
            self.code = code
        }
    }

    /// The call as one node was asked for it.
    package struct Attempt: Sendable, Equatable {
        package var id: String
        package var node: String

        package init(id: String, node: String) {
            self.id = id
            self.node = node
        }
    }

    package init(
        number: Int, load: Load.Kind, client: Int, region: String, subject: String, request: Request, start: Int64,
        end: Int64? = nil, outcome: Outcome? = nil, attempts: [Attempt] = [], node: String? = nil,
        revision: UInt64? = nil
    ) {
        self.number = number
        self.load = load
        self.client = client
        self.region = region
        self.subject = subject
        self.request = request
        self.start = start
        self.end = end
        self.outcome = outcome
        self.attempts = attempts
        self.node = node
        self.revision = revision
    }

    package var isDone: Bool { if case .done = outcome { true } else { false } }
    package var isWrite: Bool {
        switch request {
        case .create, .rotate, .disable, .enable, .setTags, .putPolicy, .put: true
        case .describe, .encrypt, .decrypt, .status, .getPolicy, .list, .get: false
        }
    }
    package var isCrypto: Bool {
        switch request {
        case .encrypt, .decrypt: true
        default: false
        }
    }
}
