/// What two answers claim by their revisions that cannot be true of both.
struct RevisionClaims<Request, Answer> {
    typealias Operation = ClientOperation<Request, Answer>

    /// Two changes at one index of the log.
    private var doubled: [Operation]?
    /// An operation, and one that began after its answer and claims to be from before.
    private var turned: [Operation]?

    /// Two operations, by their beginnings.
    var conflict: [Operation]? { doubled ?? turned }

    /// Operations by their beginnings.
    init(_ operations: [Operation], isReading: (Operation) -> Bool) {
        let claiming = operations.filter { $0.reply?.revision != nil }
        var first: [UInt64: Operation] = [:]
        for operation in claiming where !isReading(operation) {
            guard let revision = operation.reply?.revision else { continue }
            if let other = first.updateValue(operation, forKey: revision), doubled == nil {
                doubled = [other, operation]
            }
        }
        // By their answers; the highest claim among those answered so far is all that the next one has to meet.
        let answered = claiming.sorted { ($0.reply?.at ?? 0, $0.number) < ($1.reply?.at ?? 0, $1.number) }
        var place = 0
        var highest: Operation?
        for operation in claiming {
            while place < answered.count, let reply = answered[place].reply, reply.at < operation.start {
                if reply.revision ?? 0 > highest?.reply?.revision ?? 0 { highest = answered[place] }
                place += 1
            }
            guard let highest, let before = highest.reply?.revision, let own = operation.reply?.revision else {
                continue
            }
            if own < before || own == before && !isReading(operation) {
                turned = [highest, operation]
                return
            }
        }
    }
}
