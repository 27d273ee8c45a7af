import Raft
import Testing

@Suite("Flow control")
struct FlowControlTests {
    /// A leader whose follower 2 replicates and then stops answering; the appends sent to it from now on.
    private func appends(
        _ payloads: [[UInt8]], configure: (inout RaftConfiguration) -> Void
    ) throws -> (sent: [Message], progress: ProgressStatus) {
        var group = TestGroup(voters: 3, configure: configure)
        group.elect(1)
        var sent: [Message] = []
        for payload in payloads {
            try group[1].core.propose(payload)
            let ready = group[1].core.ready()
            sent += ready.messages.filter { $0.kind == .append && $0.to == ReplicaID(2) }
            try group[1].log.append(ready.entries)
            group[1].core.advance(ready)
        }
        return (sent, group[1].core.progressStatus[1])
    }

    @Test("Appends under way are limited in number")
    func messageLimit() throws {
        let result = try appends((1...9).map { [$0] }) { $0.maxInflightMessages = 4 }
        #expect(result.sent.count == 4)
        #expect(result.progress.inflightIsFull)
        #expect(result.progress.isPaused)
    }

    @Test("Appends under way are limited in bytes")
    func byteLimit() throws {
        let result = try appends(Array(repeating: [UInt8](repeating: 1, count: 100), count: 9)) {
            $0.maxInflightBytes = 250
            $0.maxSizePerMessage = 250
        }
        #expect(result.sent.count == 3)
        #expect(result.progress.inflightIsFull)
    }

    @Test("What is acknowledged makes room in the window again, in number and in bytes")
    func acknowledgedMakesRoom() throws {
        var group = TestGroup(voters: 3) {
            $0.maxInflightMessages = 4
            $0.maxInflightBytes = 250
            $0.maxSizePerMessage = 250
        }
        group.elect(1)
        for _ in 0..<20 {
            try group[1].core.propose([UInt8](repeating: 1, count: 100))
            group.settle()
        }
        #expect(group[2].applied.count == 20)
        for progress in group[1].core.progressStatus { #expect(!progress.inflightIsFull) }
    }

    @Test("One append holds no more than its limit, but at least one entry")
    func messageSize() throws {
        var group = TestGroup(voters: 3) { $0.maxSizePerMessage = 200 }
        group.elect(1)
        group[3].isCut = true
        for _ in 0..<6 { try group[1].core.propose([UInt8](repeating: 1, count: 80)) }
        try group[1].core.propose([UInt8](repeating: 1, count: 500))
        group.settle()
        group[3].isCut = false
        let largest = LargestAppend()
        group.passes = { message in
            if message.to == ReplicaID(3), message.kind == .append { largest.note(message) }
            return true
        }
        group.pass(ticks: 3)
        #expect(group[3].applied.count == 7)
        #expect(largest.entriesInOne == 2)
        #expect(largest.bytes == 500)
    }

    private final class LargestAppend {
        private(set) var entriesInOne = 0
        private(set) var bytes = 0
        func note(_ message: Message) {
            entriesInOne = max(entriesInOne, message.entries.count)
            bytes = max(bytes, message.entries.reduce(0) { $0 + $1.payload.count })
        }
    }

    @Test("Proposals beyond the limit of the uncommitted tail are refused until it shrinks")
    func uncommittedLimit() throws {
        var group = TestGroup(voters: 3) { $0.maxUncommittedSize = 100 }
        group.elect(1)
        for id in [2, 3] as [UInt64] { group[id].isCut = true }
        try group[1].core.propose([UInt8](repeating: 1, count: 90))
        #expect(throws: ProposalRejection.tooMuchUncommitted) {
            try group[1].core.propose([UInt8](repeating: 1, count: 20))
        }
        try group[1].core.propose([])
        for id in [2, 3] as [UInt64] { group[id].isCut = false }
        group.pass(ticks: 2)
        try group[1].core.propose([UInt8](repeating: 1, count: 200))
    }

    @Test("Committed entries are handed out in pages")
    func committedPages() throws {
        var group = TestGroup(voters: 1) { $0.maxCommittedSizePerReady = 100 }
        group.elect(1)
        for _ in 0..<10 { try group[1].core.propose([UInt8](repeating: 1, count: 30)) }
        var pages: [Int] = []
        while group[1].core.hasReady {
            let ready = group[1].core.ready()
            try group[1].log.append(ready.entries)
            if !ready.committedEntries.isEmpty { pages.append(ready.committedEntries.count) }
            group[1].core.advance(ready)
        }
        #expect(pages == [2, 2, 2, 2, 2])
    }

    @Test("An unreachable follower is probed, and replicates again after its answer")
    func unreachable() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[1].core.reportUnreachable(ReplicaID(2))
        #expect(group[1].core.progressStatus[1].state == .probe)
        group.pass(ticks: 2)
        #expect(group[1].core.progressStatus[1].state == .replicate)
    }
}
