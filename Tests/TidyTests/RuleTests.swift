import Testing

/// Each rule on small samples: what it must find and what it must leave alone.
@Suite("The rules")
struct RuleTests {
    private func lines(_ check: (SourceFile) -> [Finding], _ text: String, module: String = "Audit") -> [Int] {
        check(SourceFile(path: "Sources/\(module)/Sample.swift", text: text + "\n")).map(\.line)
    }

    @Test(
        "Comments and strings are no code",
        arguments: [
            ("a // try! b", "a          "),
            ("a /* x /* y */ z */ b", "a                   b"),
            ("let s = \"try! \\(f(\"x\") + 1)!\"; g", "let s = \"         \" \"       \"; g"),
            ("let s = #\"a\\(b)\"c\"#; d", "let s =  \"       \" ; d"),
            ("f(\"//\") // x", "f(\"  \")     "),
        ])
    func blanking(text: String, code: String) {
        #expect(CodeText.blanked(text) == code)
    }

    @Test("A multi-line string keeps its line breaks and loses its text")
    func multiline() {
        #expect(CodeText.blanked("a\n\"\"\"\n x! \"q\" \n\"\"\"\nb").split(separator: "\n").count == 5)
        #expect(!CodeText.blanked("a\n\"\"\"\n x! \"q\" \n\"\"\"\nb").contains("x"))
    }

    @Test(
        "Imports against the arrows are found",
        arguments: [
            ("import Foundation", "Raft", 1), ("import Cluster", "FrontDoors", 1),
            ("package import Storage", "FrontDoors", 1),
            ("import struct KeyCrypto.Envelope", "FrontDoors", 1), ("@preconcurrency import Foundation", "Audit", 1),
            ("import GRDB", "Audit", 0), ("import NIOCore", "FrontDoors", 0), ("import NIOCore", "Audit", 1),
            ("import GRDB", "Cluster", 1), ("// import Foundation", "Raft", 0), ("import Raft", "Simulation", 0),
            (
                "#if canImport(FoundationEssentials)\nimport FoundationEssentials\n#else\nimport Foundation\n#endif",
                "Audit", 0
            ),
        ])
    func imports(text: String, module: String, count: Int) {
        #expect(lines(ImportRule.check, text, module: module).count == count)
    }

    @Test("The manifest's arrows are read")
    func manifest() {
        let text =
            #".target(name: "Raft", dependencies: ["Cluster", nio]), .target(name: "Wire"), "#
            + #".target(name: "Cluster", dependencies: ["Raft"])"#
        let found = ImportRule.declared(inManifest: text).map { "\($0.target)>\($0.dependency)" }
        #expect(found == ["Raft>Cluster", "Cluster>Raft"])
    }

    @Test(
        "Banned calls are found",
        arguments: [
            ("let a = try! b()", 1), ("let a = b as! C", 1), ("fatalError(\"x\")", 1), ("Task.detached { }", 1),
            ("print(a)", 1), ("  debugPrint(a)", 1), ("a.print(b)", 0), ("func print(_ x: Int)", 0),
            ("fingerprint(a)", 0),
            ("// SAFETY: the literal is valid\nlet a = try! b()", 0), ("Task { }", 0), ("// try! this", 0),
        ])
    func calls(text: String, count: Int) {
        #expect(lines(WordRules.calls, text).count == count)
    }

    @Test("A program may print")
    func programs() { #expect(lines(WordRules.calls, "print(1)", module: "claviger").isEmpty) }

    @Test(
        "Unchecked promises need a reason",
        arguments: [
            ("extension A: @unchecked Sendable {}", 1), ("nonisolated(unsafe) var a = 1", 1),
            ("@preconcurrency import A", 1),
            ("// SAFETY: one owner.\n\n\nextension A: @unchecked Sendable {}", 0), ("extension A: Sendable {}", 0),
        ])
    func unsafety(text: String, count: Int) {
        #expect(lines(WordRules.unsafety, text).count == count)
    }

    @Test(
        "Force unwraps are found",
        arguments: [
            ("a!.b", 1), ("f()!", 1), ("a[0]!", 1), ("var a: Int!", 1), ("a != b", 0), ("!a", 0),
            ("if !a.b, !(c) {", 0),
            ("a! != b", 1), ("a !== b", 0), ("\"yes!\"", 0), ("// SAFETY: checked above\na!", 0),
        ])
    func unwrap(text: String, count: Int) {
        #expect(lines(WordRules.unwrap, text).count == count)
    }

    @Test(
        "The pure modules stay pure",
        arguments: [
            ("func a() async {}", "Raft", 1), ("await a()", "Storage", 1), ("await a()", "Peering", 0),
            ("let d = Date()", "Raft", 1),
            ("var g = SystemRandomNumberGenerator()", "KeyModel", 1), ("let m = Mutex(0)", "Raft", 1),
            ("var x: Double", "KeyModel", 1),
            ("let a = list.randomElement()", "Raft", 1),
            ("let a = Int.random(in: 0..<9, using: &generator)", "Raft", 0),
            ("let updated = a.updateDate", "Raft", 0), ("// async", "Raft", 0), ("var isAsync: Bool", "Raft", 0),
        ])
    func purity(text: String, module: String, count: Int) {
        #expect(lines(WordRules.purity, text, module: module).count == count)
    }

    @Test(
        "Walks over dictionaries and sets are found",
        arguments: [
            ("var a: [Int: Int]\nfor x in a {", 1), ("let a = Set<Int>()\nlet b = a.map { $0 }", 1),
            ("var a: Set<Int>\nArray(a)", 1),
            ("var a: [Int: Int]\nfor x in a.keys.sorted() {", 0), ("var a: [Int]\nfor x in a {", 0),
            ("var a: [Int: Int]\na[1]", 0),
            ("var a: [Int: [Int]] = [:]\nfor (k, v) in self.a {", 1),
            ("var a: [Int: Int]\nfor x in a.values where x > 1 {", 1),
        ])
    func order(text: String, count: Int) {
        #expect(lines(OrderRule.check, text, module: "Raft").count == count)
    }

    @Test(
        "Leftover notes are found",
        arguments: [("// TO" + "DO: later", 1), ("// FIX" + "ME", 1), ("let todo = 1", 0), ("mastodon", 0)])
    func leftovers(text: String, count: Int) {
        #expect(lines(WordRules.leftovers, text).count == count)
    }

    @Test(
        "Public declarations are found",
        arguments: [
            ("public struct A {}", 1), ("  public func a()", 1), ("@testable import A", 1), ("package struct A {}", 0),
            ("open class A {}", 1), ("let open = 1", 0), ("open(path)", 0), ("case public", 0),
        ])
    func access(text: String, count: Int) {
        #expect(lines(WordRules.access, text).count == count)
    }

    @Test("Long files, functions and lines are found at their limits")
    func sizes() {
        let body = { (count: Int) in "func a() {\n" + String(repeating: "    b()\n", count: count - 2) + "}" }
        #expect(lines(SizeRules.functions, body(60)).isEmpty)
        #expect(lines(SizeRules.functions, body(61)) == [1])
        #expect(lines({ SizeRules.file($0, exceptions: []) }, String(repeating: "\n", count: 399)).isEmpty)
        #expect(lines({ SizeRules.file($0, exceptions: []) }, String(repeating: "\n", count: 400)) == [401])
        let listed = Exception(
            rule: .fileSize, path: "Sources/Audit/Sample.swift", reason: "a state machine", limit: 500)
        #expect(lines({ SizeRules.file($0, exceptions: [listed]) }, String(repeating: "\n", count: 450)).isEmpty)
        #expect(lines(SizeRules.lines, String(repeating: "é", count: 120)).isEmpty)
        #expect(lines(SizeRules.lines, String(repeating: "x", count: 121)) == [1])
    }

    @Test("Functions are read with their whole signatures, requirements have no bodies")
    func functions() {
        let text = """
            protocol P {
                func a() -> Int
                func b(
                    x: Int
                ) throws -> [Int]
            }
            struct S {
                init(
                    a: @escaping () -> Void = { }
                ) {
                }
                static func < (a: S, b: S) -> Bool { true }
                func c<T>(_ x: T)
                where T: P {
                    if true { }
                }
            }
            """
        let bodies = FunctionReader.bodies(in: SourceFile(path: "Sources/A/B.swift", text: text + "\n").code)
        #expect(bodies.map { "\($0.name) \($0.first)-\($0.last)" } == ["init 7-10", "func < 11-11", "func c 12-15"])
    }

    @Test(
        "Shared types and functions without a summary are found",
        arguments: [
            ("package struct A {", 1), ("/// Does.\npackage struct A {", 0),
            ("/// Does.\n@frozen\npackage struct A {", 0),
            ("    package static func a() {", 1), ("package init() {}", 0), ("package var a: Int", 0),
            ("struct A {", 0),
            ("package static func == (a: A, b: A) -> Bool {", 0), ("package func hash(into hasher: inout Hasher) {", 0),
            ("package import Raft", 0), ("package final class A {", 1), ("package class func a() {", 1),
            ("// Not this.\npackage enum A {", 1),
        ])
    func summary(text: String, count: Int) {
        let requirements = DeclarationRules.requirements(in: [])
        #expect(lines({ DeclarationRules.summary($0, requirements: requirements) }, text).count == count)
    }

    @Test("Implementations of requirements are described at the protocol")
    func requirements() {
        let file = SourceFile(
            path: "Sources/A/B.swift", text: "protocol P {\n    func send(_ a: Int)\n}\nfunc other() {}\n")
        let names = DeclarationRules.requirements(in: [file])
        #expect(names.contains("send"))
        #expect(!names.contains("other"))
    }

    @Test("A type that bears its module's name is found")
    func typeName() {
        #expect(lines(DeclarationRules.typeName, "struct Audit {}") == [1])
        #expect(lines(DeclarationRules.typeName, "struct AuditLog {}").isEmpty)
    }

    @Test("An exception covers its rule, file and text only")
    func exceptions() {
        let finding = Finding(rule: .calls, path: "Sources/A/B.swift", line: 1, message: "")
        let exception = { Exception(rule: $0, path: $1, reason: "because it is proven", text: $2) }
        #expect(exception(.calls, "Sources/A/B.swift", "x").covers(finding, line: "a x b"))
        #expect(exception(.calls, "Sources/A/", "").covers(finding, line: ""))
        #expect(!exception(.calls, "Sources/A/B.swift", "y").covers(finding, line: "a x b"))
        #expect(!exception(.unwrap, "Sources/A/B.swift", "").covers(finding, line: ""))
        #expect(!exception(.calls, "Sources/A", "").covers(finding, line: ""))
    }
}
