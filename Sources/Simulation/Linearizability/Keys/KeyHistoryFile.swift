import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A history of requests about keys as text, a JSON object on each line: how histories of other tools reach the
/// checker.
///
/// ```
/// {"client":1,"key":"eu/acme/orders","action":"rotate","expected":1,"invoked":10,"answered":12,"revision":7,
///  "answer":{"key":{"id":"…","generation":2,"primary":1,"versions":["active","preActive"],"tags":{},"enabled":true}}}
/// ```
///
/// Actions are `create` (with `id` and `tags`), `rotate` (`expected`), `activate` (`version`), `disable`, `enable`,
/// `setTags` (`tags`), `describe`, `encrypt` (`version`, or none for the primary one) and `decrypt` (`version`).
/// Answers are `{"key":…}`, `{"encrypted":{"id":…,"version":…}}`, `{"decrypted":true}` and `{"refused":"code"}`;
/// without one the outcome is unknown. `principal`, `idempotencyKey`, `requestDigest` (texts), `revision` and
/// `staleness` may be left out. Times are whole numbers of one clock.
package enum KeyHistoryFile {
    /// What is wrong with a file.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let reason: String

        package var description: String { "line \(line): \(reason)" }
    }

    /// Reads a whole file. Empty lines are passed over.
    package static func read(_ text: String) throws(Problem) -> ClientHistory<KeyRequest, KeyAnswer> {
        var history = ClientHistory<KeyRequest, KeyAnswer>()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            do {
                let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
                try row.add(to: &history)
            } catch let error as KMSError {
                throw Problem(line: index + 1, reason: error.message)
            } catch DecodingError.keyNotFound(let key, _) {
                throw Problem(line: index + 1, reason: "\(key.stringValue) is missing")
            } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
                throw Problem(line: index + 1, reason: "\(place(of: context)) is of another type")
            } catch {
                throw Problem(line: index + 1, reason: "not a JSON object, or a number in it is out of range")
            }
        }
        return history
    }

    private static func place(of context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }
}

extension KeyHistoryFile {
    private struct Row: Decodable {
        var client: Int
        var key: String
        var action: String
        var id: String?
        var tags: [String: String]?
        var expected: UInt64?
        var version: UInt32?
        var principal: String?
        var idempotencyKey: String?
        var requestDigest: String?
        var invoked: UInt64
        var answered: UInt64?
        var staleness: UInt64?
        var revision: UInt64?
        var answer: AnswerRow?

        func add(to history: inout ClientHistory<KeyRequest, KeyAnswer>) throws {
            var request = KeyRequest(
                try requestedAction(), of: try KeyName(parsing: key), principal: principal ?? "")
            if let idempotencyKey {
                request.idempotency = Idempotency(
                    key: Array(idempotencyKey.utf8), requestDigest: Array((requestDigest ?? "").utf8))
            }
            guard request.isReading || (staleness ?? 0) == 0 else { throw invalid("only reads may be stale") }
            let number = history.invoke(request, by: client, at: invoked, staleness: staleness ?? 0)
            guard let answer else {
                guard answered == nil else { throw invalid("an answer is missing") }
                return
            }
            guard let answered, answered >= invoked else { throw invalid("an answer comes after its request") }
            history.answer(number, try answer.value(), at: answered, revision: revision)
        }

        private func requestedAction() throws -> KeyRequest.Action {
            switch action {
            case "create":
                return .create(id: try keyID(try given(id, "id")), tags: list(tags ?? [:]))
            case "rotate": return .rotate(expected: try given(expected, "expected"))
            case "activate": return .activate(KeyVersionNumber(try given(version, "version")))
            case "disable": return .disable
            case "enable": return .enable
            case "setTags": return .setTags(list(try given(tags, "tags")))
            case "describe": return .describe
            case "encrypt": return .encrypt(version.map { KeyVersionNumber($0) })
            case "decrypt": return .decrypt(KeyVersionNumber(try given(version, "version")))
            default: throw invalid("there is no action of that name")
            }
        }

        private func given<Value>(_ value: Value?, _ name: String) throws -> Value {
            guard let value else { throw invalid("\(name) is missing") }
            return value
        }
    }

    private struct AnswerRow: Decodable {
        struct Encrypted: Decodable {
            var id: String
            var version: UInt32
        }
        struct Facts: Decodable {
            var id: String
            var generation: UInt64
            var primary: UInt32
            var versions: [String]
            var tags: [String: String]
            var enabled: Bool
        }
        var key: Facts?
        var encrypted: Encrypted?
        var decrypted: Bool?
        var refused: String?

        func value() throws -> KeyAnswer {
            if let key {
                return .key(
                    KeyFacts(
                        id: try keyID(key.id), generation: key.generation, primary: KeyVersionNumber(key.primary),
                        versions: try key.versions.map(state), tags: list(key.tags), isEnabled: key.enabled))
            }
            if let encrypted { return .encrypted(try keyID(encrypted.id), KeyVersionNumber(encrypted.version)) }
            if decrypted == true { return .decrypted }
            guard let refused, let code = KMSError.Code(rawValue: refused) else {
                throw invalid("an answer is key, encrypted, decrypted or refused with a code")
            }
            return .refused(code)
        }

        private func state(_ name: String) throws -> KeyState {
            switch name {
            case "preActive": return .preActive
            case "active": return .active
            case "suspended": return .suspended
            case "deactivated": return .deactivated
            case "compromised": return .compromised
            case "destroyed": return .destroyed
            default: throw invalid("there is no version state of that name")
            }
        }
    }
}

private func invalid(_ reason: String) -> KMSError { KMSError(.invalidRequest, reason) }

private func keyID(_ text: String) throws -> KeyID {
    guard let id = KeyID(hexadecimal: text) else { throw invalid("a key id has 32 hexadecimal digits") }
    return id
}

/// By tag key, whatever the order in the file.
private func list(_ tags: [String: String]) -> [KeyTag] {
    tags.map { KeyTag(key: $0.key, value: $0.value) }.sorted()
}
