extension RaftCore {
    /// Unstable entries may be applied in synchronous mode, since they are written before `advance`.
    private var appliesUnstable: Bool { !configuration.asyncStorageWrites }

    /// Whether `ready()` has anything to say.
    package var hasReady: Bool {
        softState != reportedSoftState || hardState != reportedHardState || log.tail.nextSnapshot != nil
            || !messages.isEmpty || !messagesAfterWrite.isEmpty || log.tail.hasNextEntries
            || log.hasNextCommitted(allowUnstable: appliesUnstable) || !readStates.isEmpty
    }

    /// `ready()` if there is anything to do. Like `standing()` it is asked in place.
    package mutating func nextReady() -> Ready? { hasReady ? ready() : nil }

    /// Hands out everything there is to do. In synchronous mode `advance` follows before the next call.
    package mutating func ready() -> Ready {
        precondition(stepsOnAdvance.isEmpty, "a second Ready without advance")
        var ready = Ready()
        ready.entries = log.tail.nextEntries
        ready.committedEntries = log.nextCommitted(allowUnstable: appliesUnstable)
        ready.snapshot = log.tail.nextSnapshot
        ready.readStates = readStates
        if softState != reportedSoftState { ready.softState = softState }
        if hardState != reportedHardState { ready.hardState = hardState }
        ready.mustSync =
            !ready.entries.isEmpty || vote != reportedHardState.vote || term != reportedHardState.term
        ready.messages = messages
        if configuration.asyncStorageWrites {
            if let append = storageAppend(for: ready) { ready.messages.append(append) }
            if let apply = storageApply(for: ready) { ready.messages.append(apply) }
        } else {
            ready.messages += messagesAfterWrite.filter { $0.to != replica }
            stepsOnAdvance = messagesAfterWrite.filter { $0.to == replica }
            if let response = storageAppendResponse(for: ready) { stepsOnAdvance.append(response) }
            if !ready.committedEntries.isEmpty {
                stepsOnAdvance.append(storageApplyResponse(for: ready.committedEntries))
            }
        }
        accept(ready)
        return ready
    }

    private mutating func accept(_ ready: Ready) {
        reportedSoftState = softState
        reportedHardState = hardState
        readStates = []
        messages = []
        messagesAfterWrite = []
        log.acceptUnstable()
        if let last = ready.committedEntries.last {
            let size = ready.committedEntries.footprint
            log.acceptApplying(last.index, size: size, allowUnstable: appliesUnstable)
        }
    }

    /// In synchronous mode: everything in `ready` was done.
    package mutating func advance(_ ready: Ready) {
        precondition(!configuration.asyncStorageWrites, "advance with asynchronous storage writes")
        let steps = stepsOnAdvance
        stepsOnAdvance = []
        for step in steps { try? process(step) }
    }

    // MARK: Messages to the storage threads

    private func storageAppend(for ready: Ready) -> Message? {
        let hasWork =
            !ready.entries.isEmpty || ready.hardState != nil || ready.snapshot != nil || !messagesAfterWrite.isEmpty
        guard hasWork else { return nil }
        let state = ready.hardState ?? HardState()
        var responses = messagesAfterWrite
        if let response = storageAppendResponse(for: ready) { responses.append(response) }
        return Message(
            kind: .storageAppend, to: .appendThread, from: replica, term: state.term, entries: ready.entries,
            commit: state.commit, vote: state.vote, snapshot: ready.snapshot, responses: responses)
    }

    /// Tells this replica that the write is durable. It names the last entry of the log as of now, in this term: when
    /// the answer comes, everything up to that entry has been written by this or an earlier message, or was replaced
    /// and the answer counts for nothing.
    private func storageAppendResponse(for ready: Ready) -> Message? {
        let hasEntries = !log.tail.entries.isEmpty
        guard hasEntries || ready.snapshot != nil else { return nil }
        let last = hasEntries ? log.lastPosition : .zero
        return Message(
            kind: .storageAppendResponse, to: replica, from: .appendThread, term: term, logTerm: last.term,
            index: last.index, snapshot: ready.snapshot)
    }

    private func storageApply(for ready: Ready) -> Message? {
        guard !ready.committedEntries.isEmpty else { return nil }
        return Message(
            kind: .storageApply, to: .applyThread, from: replica, entries: ready.committedEntries,
            responses: [storageApplyResponse(for: ready.committedEntries)])
    }

    private func storageApplyResponse(for entries: [LogEntry]) -> Message {
        Message(kind: .storageApplyResponse, to: replica, from: .applyThread, entries: entries)
    }
}
