import ClientAPI
import EtcdClient
import UnaryGRPC

/// What is kept of an answer.
struct Answered: Sendable {
    /// Nil: it cannot be read.
    var answer: ChaosCall.Answer?
    var revision: UInt64?

    init(_ answer: ChaosCall.Answer?, revision: UInt64? = nil) {
        self.answer = answer
        self.revision = revision
    }
}

/// Who asks for what.
struct Asked: Sendable {
    var load: Load.Kind
    var client: Int
    var region: String
    var subject: String
    /// The one node that is asked, where there is no choice.
    var node: String?

    init(_ load: Load.Kind, client: Int, region: String, subject: String, node: String? = nil) {
        self.load = load
        self.client = client
        self.region = region
        self.subject = subject
        self.node = node
    }
}

extension LoadContext {
    /// The name under which a call's attempts stand in the nodes' audit records.
    static func traceName(_ number: Int) -> String { "c\(number)" }

    /// One call of a `ClavigerClient`, in the history from its begin on.
    @discardableResult
    func call(
        _ asked: Asked, _ request: ChaosCall.Request,
        _ body: (_ number: Int) async throws(ClientError) -> Answered
    ) async -> ChaosCall.Outcome {
        let number = begin(asked, request)
        let trace = CallTrace(name: Self.traceName(number))
        let result = await ClavigerClient.$trace.withValue(trace) { () async -> Result<Answered, ClientError> in
            do throws(ClientError) { return .success(try await body(number)) } catch { return .failure(error) }
        }
        let (end, ended) = (ground.now, ContinuousClock.now)
        let outcome: ChaosCall.Outcome
        var revision: UInt64?
        switch result {
        case .success(let answered):
            outcome = answered.answer.map { .done($0) } ?? .unknown(code: "unreadable")
            revision = answered.revision
        case .failure(let error):
            outcome = ChaosCall.Outcome(error, of: request, mayHaveHappened: trace.mayHaveHappened)
        }
        let attempts = trace.attempts.map { ChaosCall.Attempt(id: $0.id, node: $0.node) }
        let node = asked.node ?? trace.answeredBy.flatMap { $0.isEmpty ? nil : $0 }
        let refusals = trace.refusals.map { refusal in
            ChaosCall.Refusal(
                at: end - Int64((ended - refusal.at) / .nanoseconds(1)), code: refusal.code.rawValue)
        }
        recorder.end(
            number, outcome: outcome, at: end, attempts: attempts, refusals: refusals, node: node, revision: revision)
        return outcome
    }

    /// One call of a Kubernetes plugin. The nodes' records bear the ids `NAME.N`, of which only the name is known here.
    @discardableResult
    func pluginCall(
        _ asked: Asked, _ request: ChaosCall.Request,
        _ body: (_ number: Int, _ uid: String) async throws -> ChaosCall.Answer
    ) async -> ChaosCall.Outcome {
        let number = begin(asked, request)
        let uid = Self.traceName(number)
        let outcome: ChaosCall.Outcome
        do {
            outcome = .done(try await body(number, uid))
        } catch let status as GRPCStatus {
            outcome = .refused(code: "\(status.code)")
        } catch {
            outcome = .refused(code: "internal")
        }
        let attempts = request == .status ? [] : [ChaosCall.Attempt(id: uid, node: "")]
        recorder.end(number, outcome: outcome, at: ground.now, attempts: attempts)
        return outcome
    }

    /// One call to etcd.
    @discardableResult
    func etcdCall(
        _ asked: Asked, _ request: ChaosCall.Request, _ body: () async throws(EtcdError) -> EtcdReply
    ) async -> ChaosCall.Outcome {
        let number = begin(asked, request)
        let result: Result<EtcdReply, EtcdError>
        do throws(EtcdError) { result = .success(try await body()) } catch { result = .failure(error) }
        let end = ground.now
        switch result {
        case .success(let reply):
            let value = reply.value.map { UInt64($0) }
            // A value that no load wrote cannot be read.
            let outcome: ChaosCall.Outcome =
                value == .some(nil)
                ? .unknown(code: "unreadable")
                : .done(.register(value: value ?? nil, revision: reply.modified))
            recorder.end(number, outcome: outcome, at: end, node: reply.endpoint, revision: reply.revision)
            return outcome
        case .failure(let error):
            let isOpen = if case .put = request { error.mayHaveHappened } else { false }
            let outcome: ChaosCall.Outcome =
                isOpen ? .unknown(code: "\(error.code)") : .refused(code: "\(error.code)")
            recorder.end(number, outcome: outcome, at: end)
            return outcome
        }
    }

    private func begin(_ asked: Asked, _ request: ChaosCall.Request) -> Int {
        recorder.begin(
            load: asked.load, client: asked.client, region: asked.region, subject: asked.subject, request: request,
            at: ground.now)
    }
}
