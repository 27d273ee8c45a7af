import Chaos
import FoundationEssentials
import Glibc
import Testing
import Topology

/// What the library notes of the syncs of the system's programs, and what is left of their files without power.
@Suite(.enabled(if: FaultTrial.isPossible && PowerLoss.obstacle(in: "/tmp") == nil)) struct PowerLossTests {
    @Test func whoDoesNotAskForNotesHasNone() throws {
        let trial = try FaultTrial()
        let code = try trial.fill("store/file", blocks: 2, synced: true)
        #expect(code == 0)
        #expect(trial.noted(of: "store/file") == 0)
        #expect(trial.page.seen.notedSyncs == 0)
    }

    @Test func whatWasAppendedSinceTheLastSyncIsGone() throws {
        let trial = try FaultTrial(notesSyncs: true)
        let code = try trial.fill("store/log", blocks: 2, synced: true)
        #expect(code == 0)
        #expect(trial.noted(of: "store/log") == 8192)
        #expect(trial.page.seen.notedSyncs == 1)
        try trial.append(100, to: "store/log")
        try trial.append(30, to: "store/never")
        let loss = try PowerLoss(at: trial.data)
        #expect(loss.cuts.map(\.file) == ["store/log", "store/never"])
        #expect(loss.cuts.map(\.bytes) == [100, 30])
        #expect(loss.text == "not synced and gone: store/log 100 B, store/never 30 B")
        #expect(trial.length(of: "store/log") == 8192 && trial.length(of: "store/never") == 0)
        let again = try PowerLoss(at: trial.data)
        #expect(again.cuts.isEmpty)
        #expect(again.text == "everything was synced")
    }

    @Test func onlySyncsOfFilesBelowTheDataAndOutsideTheAuditLogAreNoted() throws {
        let trial = try FaultTrial(notesSyncs: true)
        for file in ["store/a", "audit/b", "c"] {
            let code = try trial.fill(file, blocks: 1, synced: true)
            #expect(code == 0)
        }
        _ = try trial.run("/usr/bin/sync", "\(trial.data)/store", "\(trial.folder)/page")
        #expect(["store/a", "audit/b", "c"].map { trial.noted(of: $0) } == [4096, 0, 4096])
        #expect(trial.page.seen.notedSyncs == 2)
        try trial.append(5, to: "c")
        let loss = try PowerLoss(at: trial.data)
        #expect(loss.cuts.map(\.file) == ["c"])
        #expect(trial.length(of: "audit/b") == 4096)
    }

    @Test func theNoteGoesWithTheFileWhenItIsRenamed() throws {
        let trial = try FaultTrial(notesSyncs: true)
        try trial.append(16, to: "store/CURRENT")
        let code = try trial.fill("store/new", blocks: 1, synced: true)
        #expect(code == 0)
        _ = try trial.run("/usr/bin/mv", "\(trial.data)/store/new", "\(trial.data)/store/CURRENT")
        let loss = try PowerLoss(at: trial.data)
        #expect(loss.cuts.isEmpty)
        #expect(trial.length(of: "store/CURRENT") == 4096)
    }

    @Test func aShorterFileHasAShorterNote() throws {
        let trial = try FaultTrial(notesSyncs: true)
        let file = "\(trial.data)/store/file"
        let code = try trial.fill("store/file", blocks: 2, synced: true)
        #expect(code == 0)
        _ = try trial.run("/usr/bin/truncate", "-s", "1000", file)
        _ = try trial.run("/usr/bin/sync", "--data", file)
        #expect(trial.noted(of: "store/file") == 1000)
    }

    @Test func aSyncThatFailedIsNotNoted() throws {
        let trial = try FaultTrial(notesSyncs: true)
        trial.page.apply(.failing(once: true))
        let code = try trial.fill("store/file", blocks: 1, synced: true)
        #expect(code == 1)
        #expect(trial.noted(of: "store/file") == 0)
        #expect(trial.page.seen.notedSyncs == 0)
    }

    @Test func aSlowSyncThatIsCutOffIsNotNoted() throws {
        let trial = try FaultTrial(notesSyncs: true)
        let code = try trial.fill("store/file", blocks: 1, synced: true)
        #expect(code == 0)
        try trial.append(500, to: "store/file")
        trial.page.apply(.slow(.seconds(30)))
        let syncing = try DetachedProcess.spawn(
            "/usr/bin/sync", arguments: ["\(trial.data)/store/file"],
            environment: FaultPage.environment(page: "\(trial.folder)/page", data: trial.data), log: "/dev/null")
        while trial.page.seen.slowSyncs == 0, syncing.status == nil { usleep(5000) }
        syncing.send(SIGKILL)
        syncing.wait()
        #expect(trial.page.seen.slowSyncs == 1)
        #expect(trial.noted(of: "store/file") == 4096)
        let loss = try PowerLoss(at: trial.data)
        #expect(loss.cuts.map(\.bytes) == [500])
    }

    @Test func aSyncOfEverythingCannotBeFollowed() throws {
        let trial = try FaultTrial(notesSyncs: true)
        _ = try trial.run("/usr/bin/sync", "--file-system", "\(trial.data)/audit")
        #expect(trial.page.seen.unnotedSyncs == 0)
        _ = try trial.run("/usr/bin/sync", "--file-system", "\(trial.data)/store")
        #expect(trial.page.seen.unnotedSyncs == 1)
    }

    @Test func linksAreNotFollowedAndFoldersAre() throws {
        let trial = try FaultTrial(notesSyncs: true)
        let deep = "\(trial.data)/store/a/audit"
        try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
        try trial.append(10, to: "store/a/audit/file")
        try trial.append(10, to: "../outside")
        #expect(symlink("\(trial.folder)/outside", "\(trial.data)/store/link") == 0)
        let loss = try PowerLoss(at: trial.data)
        #expect(loss.cuts.map(\.file) == ["store/a/audit/file"])
        #expect(trial.length(of: "../outside") == 10)
    }

    @Test func whereNothingCanBeNotedThatIsSaid() {
        #expect(PowerLoss.obstacle(in: "/tmp/none-\(getpid())")?.contains("No such file") == true)
        #expect(PowerLoss.obstacle(in: "/proc")?.contains("keeps no attributes of users") == true)
    }
}
