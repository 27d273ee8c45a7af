import Chaos
import Testing

@Suite("Figures of calls") struct CallFigureTests {
    /// A write that is acknowledged at each of these times.
    private func writes(_ times: [Double], fault: Double? = 10, length: Double = 20) -> HistoryBuilder {
        var history = HistoryBuilder([.writes], length: length)
        if let fault { history.event(fault, .fault, "kill n1", nodes: ["n1"]) }
        for (number, time) in times.enumerated() { history.write(number, time, true) }
        return history
    }

    private let second = Array(0..<20).map { Double($0) + 0.5 }

    // MARK: - Writes

    @Test func writesComeBackWithTheFirstAfterTheGap() {
        let history = writes(second.filter { $0 < 10 || $0 > 14 })
        #expect(history.figure(.writesBack) == 5)
        #expect(history.figure(.secondsWithWrites) == 0.8)
    }

    @Test func gapsThatEndBeforeTheFirstFaultDoNotCount() {
        let times = second.filter { $0 < 2 || $0 > 8 }
        #expect(writes(times).figure(.writesBack) == 1)
        #expect(writes(times, fault: nil).figure(.writesBack) == 7)
    }

    @Test func writesThatNeverComeBackAreMissedToTheEnd() {
        #expect(writes(second.filter { $0 < 11 }).figure(.writesBack) == 9.5)
        var history = HistoryBuilder([.writes], length: 20)
        history.write(0, 1, false)
        #expect(history.figure(.writesBack) == 20)
        #expect(history.figure(.secondsWithWrites) == 0)
    }

    @Test func onePlacementDoesNotHideAnother() {
        var history = writes(second.filter { $0 < 11 })
        for (number, time) in second.enumerated() { history.write(number, time, true, placement: "us") }
        #expect(history.figure(.writesBack) == 9.5)
        #expect(history.figure(.secondsWithWrites) == 0.55)
    }

    @Test func refusalsOfTheKeysStateAreNoErrors() {
        var history = writes(second)
        #expect(history.figure(.writeErrors) == 0)
        history.call(.lifecycle, .rotate(expected: 1), 1, 1.1, .refused(code: "generationConflict"))
        history.call(.lifecycle, .describe(isConfirmed: true), 1, 1.1, .refused(code: "noLeader"))
        #expect(history.figure(.writeErrors) == 0)
        history.write(100, 1, false)
        history.call(.writes, .create(tags: [:]), 2, 12, .unknown(code: "outcomeUnknown"), subject: "eu/chaos/w-101")
        history.call(.writes, .create(tags: [:]), 19, nil, nil, subject: "eu/chaos/w-102")
        #expect(history.figure(.writeErrors) == 3)
    }

    @Test func withoutWritesThereIsNothingToSay() {
        let history = HistoryBuilder([.crypto])
        #expect(history.figure(.writesBack) == nil)
        #expect(history.figure(.writeErrors) == nil)
        #expect(history.figure(.secondsWithWrites) == nil)
        #expect(history.figure(.cryptoGap) == nil)
    }

    // MARK: - Crypto

    /// A fault at 10 s that is about the clients of these regions to 12 s: they may feel it to 17 s.
    private func crypto(_ times: [String: [Double]], affected: [String] = ["eu-west"]) -> HistoryBuilder {
        var history = HistoryBuilder([.crypto], length: 20)
        history.key = "eu/chaos/crypto"
        history.event(10, .fault, "lose eu-west")
        for region in affected { history.affect(region: region, 10, 12) }
        for (region, times) in times.sorted(by: { $0.key < $1.key }) {
            for time in times { history.encrypted(time - 0.1, time, region: region) }
        }
        return history
    }

    @Test func regionsThatNoFaultIsAboutStandApart() {
        let history = crypto([
            "eu-west": second.filter { $0 < 10 || $0 > 15 }, "eu-north": second.filter { $0 < 12 || $0 > 13 },
            "eu-central": second,
        ])
        #expect(history.figure(.cryptoGap) == 2)
        #expect(history.figure(.affectedCryptoGap) == 6)
        #expect(history.figure(.secondsWithCrypto) == 1)
        #expect(history.figure(.cryptoErrors) == 0)
        #expect(history.figure(.affectedCryptoErrors) == 0)
    }

    @Test func withoutAnAffectedRegionThereIsNoFigureOfIt() {
        let history = crypto(["eu-west": second], affected: [])
        #expect(history.figure(.cryptoGap) == 1)
        #expect(history.figure(.affectedCryptoGap) == nil)
        #expect(history.figure(.affectedCryptoErrors) == nil)
    }

    @Test func aRegionIsAffectedFromTheFaultToShortlyAfterItsEnd() {
        var history = crypto(["eu-west": second])
        #expect(history.figure(.cryptoErrors) == 0)
        func fail(_ from: Double, _ until: Double) {
            history.call(.crypto, .encrypt, from, until, .refused(code: "stale"), region: "eu-west")
        }
        fail(3, 3.5)
        fail(17.1, 17.6)
        #expect(history.figure(.cryptoErrors) == 2)
        #expect(history.figure(.affectedCryptoErrors) == 0)
        fail(9, 10.5)
        fail(12, 12.5)
        fail(16.9, 19)
        #expect(history.figure(.cryptoErrors) == 2)
        #expect(history.figure(.affectedCryptoErrors) == 3)
    }

    @Test func aGapBelongsToTheFaultThatItMeets() {
        let late = crypto(["eu-west": second.filter { $0 < 18 || $0 > 19 }])
        #expect(late.figure(.cryptoGap) == 2)
        #expect(late.figure(.affectedCryptoGap) == 1)
        let early = crypto(["eu-west": second.filter { $0 < 7 || $0 > 12 }])
        #expect(early.figure(.cryptoGap) == 1)
        #expect(early.figure(.affectedCryptoGap) == 6)
        let after = crypto(["eu-west": second.filter { $0 < 16 || $0 > 18 }])
        #expect(after.figure(.cryptoGap) == 1)
        #expect(after.figure(.affectedCryptoGap) == 3)
    }

    @Test func aRegionMayBeAffectedTwice() {
        var history = crypto(["eu-west": second.filter { $0 < 3 || $0 > 6 }])
        #expect(history.figure(.affectedCryptoGap) == 1)
        history.event(3, .fault, "cut: clients of eu-west")
        history.record.events.sort { $0.at < $1.at }
        history.affect(region: "eu-west", 3, 4)
        #expect(history.figure(.affectedCryptoGap) == 4)
        #expect(history.figure(.cryptoGap) == 1)
    }

    @Test func failuresAndWrongAnswersAreErrors() {
        var history = crypto(["eu-west": second, "eu-north": second])
        history.call(.crypto, .encrypt, 11, 14, .refused(code: "deadlineExceeded"), region: "eu-north")
        history.call(
            .crypto, .decrypt(of: 0), 11, 11.5, .done(.decrypted(isRight: false)), node: "n1", region: "eu-north")
        history.call(.crypto, .encrypt, 11, nil, nil, region: "eu-west")
        #expect(history.figure(.cryptoErrors) == 2)
        #expect(history.figure(.affectedCryptoErrors) == 1)
        #expect(history.figure(.longestCrypto) == 9)
    }

    @Test func aDisabledKeyIsRefusedWithoutAnError() {
        var history = crypto(["eu-north": second.filter { $0 < 12 || $0 > 16 }])
        history.disabled(11.9, 12)
        history.enabled(16, 16.1)
        for time in [12.5, 13.5, 14.5, 15.5] {
            history.call(
                .crypto, .encrypt, time - 0.1, time, .refused(code: "invalidKeyState"), node: "n1", region: "eu-north")
        }
        #expect(history.figure(.cryptoErrors) == 0)
        #expect(history.figure(.cryptoGap) == 1)
    }

    @Test func probesAndOverloadsAreNoClients() {
        var history = crypto(["eu-north": second])
        history.call(.probe, .encrypt, 11, 19, .refused(code: "unreachable"), node: "n2", region: "eu-north")
        history.call(.overload, .encrypt, 11, 14, .refused(code: "deadlineExceeded"), region: "eu-north")
        #expect(history.figure(.cryptoErrors) == 0)
        #expect(history.figure(.longestCrypto) == HistoryBuilder.seconds(0.1))
    }

    // MARK: - Plugins

    @Test func eachPluginServesByItself() {
        var history = HistoryBuilder([.kubernetes], length: 20)
        history.key = "eu/chaos/kubernetes"
        history.event(10, .fault, "kill n1")
        for time in second {
            history.call(.kubernetes, .encrypt, time - 0.1, time, .done(.nothing), region: "eu-north")
            let isDown = time > 12 && time < 15
            history.call(
                .kubernetes, .encrypt, time - 0.1, time, isDown ? .refused(code: "unavailable") : .done(.nothing),
                region: "eu-west")
        }
        history.call(.kubernetes, .status, 13, 13.1, .done(.status(isHealthy: false, keyID: "")), region: "eu-west")
        history.call(.kubernetes, .status, 14, 14.1, .done(.status(isHealthy: true, keyID: "")), region: "eu-west")
        #expect(history.figure(.kubernetesGap) == 4)
        #expect(history.figure(.kubernetesErrors) == 4)
    }
}

extension HistoryBuilder {
    fileprivate mutating func write(_ number: Int, _ end: Double, _ isDone: Bool, placement: String = "eu") {
        let name = "\(placement)/chaos/w-\(number)"
        let outcome: ChaosCall.Outcome = isDone ? .done(.key(Self.facts(1))) : .refused(code: "noLeader")
        call(.writes, .create(tags: [:]), end - 0.1, end, outcome, subject: name)
        if isDone { found(name) }
    }
}
