import Raft

/// What the driver of one replica does: writes, applies and sends.
extension StormyGroup {
    func hasWork(_ place: Int) -> Bool {
        nodes[place].core.hasReady || !nodes[place].appendWork.isEmpty || !nodes[place].applyWork.isEmpty
    }

    mutating func work(_ place: Int) {
        if chance(1, in: 2), !nodes[place].appendWork.isEmpty {
            let request = nodes[place].appendWork.removeFirst()
            write(place, HardState(term: request.term, vote: request.vote, commit: request.commit), request)
            respond(place, request)
        } else if !nodes[place].applyWork.isEmpty {
            let request = nodes[place].applyWork.removeFirst()
            apply(place, request.entries)
            respond(place, request)
        } else if nodes[place].core.hasReady {
            handleReady(place)
        } else if let request = nodes[place].appendWork.first {
            nodes[place].appendWork.removeFirst()
            write(place, HardState(term: request.term, vote: request.vote, commit: request.commit), request)
            respond(place, request)
        }
    }

    mutating func handleReady(_ place: Int) {
        let ready = nodes[place].core.ready()
        check(ready.readStates, at: place)
        for message in ready.messages {
            switch message.to {
            case .appendThread: nodes[place].appendWork.append(message)
            case .applyThread: nodes[place].applyWork.append(message)
            default: break
            }
        }
        if !isAsync {
            let request = Message(kind: .storageAppend, entries: ready.entries, snapshot: ready.snapshot)
            write(place, ready.hardState ?? HardState(), request)
            apply(place, ready.committedEntries)
        }
        for message in ready.messages where !message.to.isStorageThread { send(message) }
        if !isAsync { nodes[place].core.advance(ready) }
        note(place)
    }

    mutating func send(_ message: Message) {
        if message.kind == .snapshot {
            let transfer = Transfer(sender: message.from, receiver: message.to)
            // The report of the one under way makes consensus ask for another.
            guard !transfers.contains(transfer) else { return }
            transfers.append(transfer)
        }
        network.append(message)
    }

    mutating func respond(_ place: Int, _ request: Message) {
        for response in request.responses {
            if response.to == ids[place] {
                try? nodes[place].core.step(response)
            } else {
                network.append(response)
            }
        }
        note(place)
    }

    mutating func write(_ place: Int, _ state: HardState, _ request: Message) {
        let log = nodes[place].log
        if !state.isEmpty {
            let highest = nodes[place].highest
            if state.term < highest.term || state.commit < highest.commit
                || (state.term == highest.term && highest.vote != .none && state.vote != highest.vote)
            {
                violations.append("\(ids[place]) went back from \(highest) to \(state)")
            }
            nodes[place].highest = state
            log.setHardState(state)
        }
        do {
            if let snapshot = request.snapshot {
                try log.applySnapshot(snapshot)
                nodes[place].applied = snapshot.metadata.position.index
                tally.installedSnapshots += 1
            }
            try log.append(request.entries)
        } catch {
            violations.append("\(ids[place]) cannot write: \(error)")
        }
    }

    mutating func apply(_ place: Int, _ entries: [LogEntry]) {
        for entry in entries {
            if entry.index != nodes[place].applied.next {
                violations.append("\(ids[place]) applied \(entry.index) after \(nodes[place].applied)")
            }
            if let known = history[entry.index], known != entry {
                violations.append("\(ids[place]) applied another entry at \(entry.index)")
            }
            history[entry.index] = entry
            newest = max(newest, entry.index)
            nodes[place].applied = entry.index
            if let payload = goal?.payload, payload == entry.payload, goal?.index == nil { goal?.index = entry.index }
            if entry.kind != .normal, let change = try? MembershipChange(decoding: entry.payload) {
                let before = nodes[place].core.membership
                let membership = nodes[place].core.applyMembership(change)
                if membership != before { tally.changes += 1 }
                if membership.isJoint, !before.isJoint { tally.jointConfigurations += 1 }
                if before.isJoint, !before.autoLeave, !membership.isJoint { tally.explicitLeaves += 1 }
                nodes[place].log.setMembership(membership)
                // A new replica takes only a snapshot that knows it.
                _ = try? nodes[place].log.createSnapshot(at: entry.index, membership: membership, data: [])
            }
        }
    }
}
