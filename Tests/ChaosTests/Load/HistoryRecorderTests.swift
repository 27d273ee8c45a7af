import Chaos
import Testing

@Suite struct HistoryRecorderTests {
    private func begin(_ recorder: HistoryRecorder, at: Int64) -> Int {
        recorder.begin(
            load: .writes, client: 3, region: "eu-west", subject: "eu/chaos/w-0", request: .create(tags: [:]), at: at)
    }

    @Test func `a call stands in the history from its begin on, and without an end it stays open`() {
        let recorder = HistoryRecorder()
        #expect(begin(recorder, at: 5) == 0)
        #expect(begin(recorder, at: 6) == 1)
        recorder.end(
            1, outcome: .refused(code: "noLeader"), at: 9, attempts: [.init(id: "c1.1", node: "a")], node: "a",
            revision: 4)
        let calls = recorder.calls
        #expect(calls.map(\.number) == [0, 1])
        #expect(calls[0].end == nil && calls[0].outcome == nil && calls[0].start == 5 && calls[0].client == 3)
        #expect(calls[1].end == 9 && calls[1].outcome == .refused(code: "noLeader"))
        #expect(calls[1].node == "a" && calls[1].revision == 4 && calls[1].attempts.map(\.id) == ["c1.1"])
    }

    @Test func `the first end counts, and numbers of no call are ignored`() {
        let recorder = HistoryRecorder()
        let number = begin(recorder, at: 0)
        recorder.end(number, outcome: .unknown(code: "outcomeUnknown"), at: 1)
        recorder.end(number, outcome: .done(.nothing), at: 2)
        recorder.end(7, outcome: .done(.nothing), at: 2)
        recorder.end(-1, outcome: .done(.nothing), at: 2)
        #expect(recorder.calls.map(\.outcome) == [.unknown(code: "outcomeUnknown")])
    }

    @Test func `many threads record without losing a call`() async {
        let recorder = HistoryRecorder()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for time in 0..<500 {
                        recorder.end(self.begin(recorder, at: Int64(time)), outcome: .done(.nothing), at: Int64(time))
                    }
                }
            }
        }
        let calls = recorder.calls
        #expect(calls.count == 4000)
        #expect(calls.allSatisfy { $0.isDone })
        #expect(calls.enumerated().allSatisfy { $0.offset == $0.element.number })
    }
}
