import KeyModel
import Simulation
import Testing

@Suite("Key histories in files")
struct KeyHistoryFileTests {
    static let create = """
        {"client":0,"key":"eu/acme/orders","action":"create","id":"00000000000000000000000000000001","tags":{},\
        "invoked":0,"answered":1,"revision":7,"answer":{"key":{"id":"00000000000000000000000000000001",\
        "generation":1,"primary":1,"versions":["active"],"tags":{},"enabled":true}}}
        """
    static let tag = """
        {"client":1,"key":"eu/acme/orders","action":"setTags","tags":{"env":"x"},"principal":"ann",\
        "idempotencyKey":"k","requestDigest":"d","invoked":2}
        """

    static func read(_ value: String) -> String {
        """
        {"client":2,"key":"eu/acme/orders","action":"describe","invoked":4,"answered":5,"answer":{"key":{\
        "id":"00000000000000000000000000000001","generation":\(value),"primary":1,"versions":["active"],\
        "tags":{"env":"x"},"enabled":true}}}
        """
    }

    private func verdict(_ lines: [String]) throws -> LinearizabilityVerdict {
        let history = try KeyHistoryFile.read(lines.joined(separator: "\n") + "\n\n")
        let specification = KeySpecification(for: history.operations.map(\.request))
        return LinearizabilityChecker(specification).check(history)
    }

    @Test("A history is read with all that it says")
    func reading() throws {
        let history = try KeyHistoryFile.read([Self.create, "", Self.tag, Self.read("2")].joined(separator: "\n"))
        let operations = history.operations
        #expect(operations.map(\.client) == [0, 1, 2])
        #expect(operations.map(\.invokedAt) == [0, 2, 4])
        #expect(operations.map(\.reply?.at) == [1, nil, 5])
        #expect(operations.map(\.reply?.revision) == [7, nil, nil])
        #expect(operations[0].reply?.answer == .key(.made()))
        #expect(operations[1].request.action == .setTags([.x]))
        #expect(operations[1].request.idempotency == Idempotency(key: [107], requestDigest: [100]))
        #expect(try verdict([Self.create, Self.tag, Self.read("2")]) == .linearizable(order: [0, 1, 2]))
        #expect(try verdict([Self.create, Self.tag, Self.read("3")]).violation != nil)
    }

    @Test(
        "Every action and every answer",
        arguments: [
            (#""action":"rotate","expected":4"#, #"{"refused":"generationConflict"}"#),
            (#""action":"activate","version":2"#, #"{"refused":"keyNotFound"}"#),
            (#""action":"disable""#, #"{"refused":"keyNotFound"}"#),
            (#""action":"enable""#, #"{"refused":"keyNotFound"}"#),
            (
                #""action":"encrypt","staleness":5"#,
                #"{"encrypted":{"id":"00000000000000000000000000000001","version":1}}"#
            ),
            (#""action":"decrypt","version":1"#, #"{"decrypted":true}"#),
        ])
    func actions(action: String, answer: String) throws {
        let line = #"{"client":1,"key":"eu/acme/orders",\#(action),"invoked":4,"answered":5,"answer":\#(answer)}"#
        #expect(try KeyHistoryFile.read(line).operations.first?.reply != nil)
    }

    static let wrong: [(line: String, reason: String)] = [
        ("{", "not a JSON object"), ("[]", "is of another type"), ("{}", "client is missing"),
        (read("2").replacing("eu/acme/orders", with: "orders"), "three parts"),
        (read("\"2\""), "answer.key.generation is of another type"),
        (read("-1"), "out of range"),
        (read("2").replacing("describe", with: "destroy"), "no action of that name"),
        (read("2").replacing("describe", with: "rotate"), "expected is missing"),
        (read("2").replacing(":5", with: ":3"), "after its request"),
        (read("2").replacing(",\"answered\":5", with: ""), "after its request"),
        (read("2").replacing("\"active\"", with: "\"alive\""), "no version state"),
        (read("2").replacing("01\"", with: "1\""), "32 hexadecimal digits"),
        (tag.replacing("\"invoked\":2", with: "\"invoked\":2,\"answered\":3"), "an answer is missing"),
        (tag.replacing("\"invoked\":2", with: "\"invoked\":2,\"staleness\":3"), "only reads"),
        (#"{"client":1,"key":"a/b/c","action":"enable","invoked":1,"answered":2,"answer":{"refused":"no"}}"#, "a code"),
    ]

    @Test("What is wrong is said with its line", arguments: wrong)
    func problems(line: String, reason: String) {
        do throws(KeyHistoryFile.Problem) {
            _ = try KeyHistoryFile.read(Self.create + "\n\n" + line)
            Issue.record("nothing was wrong with \(line)")
        } catch {
            #expect(error.line == 3)
            #expect(error.reason.contains(reason), "\(error)")
        }
    }
}
