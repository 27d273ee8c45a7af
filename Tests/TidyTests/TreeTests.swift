import Testing

/// The rules on the repository's own tree. A failure names file and line.
@Suite("The tree")
struct TreeTests {
    @Test("is found") func found() {
        #expect(Repository.sources.count > 20)
        #expect(Repository.sources.contains { $0.path == "Sources/Raft/Message.swift" })
    }

    @Test("has a row in the module table for every target") func rows() {
        for module in Repository.modules where ModuleTable.row(module) == nil {
            Issue.record("Sources/\(module):1: no row in Tests/TidyTests/ModuleTable.swift")
        }
        for row in ModuleTable.rows {
            for other in row.ours.compactMap(ModuleTable.row) where other.layer > row.layer {
                Issue.record("\(row.name) is below \(other.name): arrows point down")
            }
        }
    }

    @Test("has a manifest whose arrows are in the module table") func manifest() throws {
        let declared = ImportRule.declared(inManifest: try Repository.text("Package.swift"))
        #expect(declared.count > 20)
        for (target, dependency) in declared where !ModuleTable.permits(target, importing: dependency) {
            Issue.record("Package.swift:1: \(target) may not depend on \(dependency)")
        }
    }

    @Test("has a rule in the Makefile for every target that is named") func makefile() throws {
        let lines = try Repository.text("Makefile").split(separator: "\n")
        let targets = lines.filter { $0.hasPrefix(".PHONY:") }.flatMap { $0.split(separator: " ").dropFirst() }
        #expect(targets.count > 10)
        for target in targets {
            #expect(lines.contains { $0.hasPrefix("\(target):") }, "Makefile: \(target) has no rule")
        }
    }

    @Test("imports along the arrows") func imports() { judge(Repository.sources.flatMap(ImportRule.check)) }

    @Test("calls nothing that is banned") func calls() { judge(Repository.sources.flatMap(WordRules.calls)) }

    @Test("explains what the compiler cannot check") func unsafety() {
        judge(Repository.sources.flatMap(WordRules.unsafety))
    }

    @Test("unwraps nothing by force") func unwrap() { judge(Repository.sources.flatMap(WordRules.unwrap)) }

    @Test("keeps clocks, chance and suspension out of the replicated core") func purity() {
        judge(Repository.sources.flatMap(WordRules.purity))
    }

    @Test("walks no dictionary in the replicated core") func order() {
        judge(Repository.sources.flatMap(OrderRule.check))
    }

    @Test("has no leftover notes") func leftovers() { judge(Repository.written.flatMap(WordRules.leftovers)) }

    @Test("shares by package and tests what is shared") func access() {
        judge(Repository.written.flatMap(WordRules.access))
    }

    @Test("has files of a readable length") func fileSize() {
        judge(Repository.written.flatMap { SizeRules.file($0) })
    }

    @Test("has functions of a readable length") func functionSize() {
        judge(Repository.sources.flatMap(SizeRules.functions))
    }

    @Test("has lines that fit") func lineLength() { judge(Repository.written.flatMap(SizeRules.lines)) }

    @Test("describes what modules share") func summary() {
        let requirements = DeclarationRules.requirements(in: Repository.sources)
        judge(Repository.sources.flatMap { DeclarationRules.summary($0, requirements: requirements) })
    }

    @Test("calls no type like its module") func typeName() {
        judge(Repository.sources.flatMap(DeclarationRules.typeName))
    }

    @Test("has exceptions only for files that exist, each with a reason") func exceptions() {
        for exception in Exceptions.table {
            let exists = Repository.files.contains { $0.path.hasPrefix(exception.path) }
            #expect(exists, "no file for the exception \(exception.path)")
            #expect(exception.reason.count > 10, "no reason for the exception \(exception.path)")
        }
    }

    private func judge(_ findings: [Finding]) {
        let remaining = Exceptions.remaining(findings, in: Repository.files)
        for finding in remaining.prefix(100) { Issue.record("\(finding)") }
        if remaining.count > 100 { Issue.record("and \(remaining.count - 100) more") }
    }
}
