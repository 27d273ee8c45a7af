import Testing

/// All suites of this target, one test after the other: the locks' switches belong to the process, and a federation has
/// threads enough of its own.
@Suite("Use cases", .serialized, .timeLimit(.minutes(5)))
struct Operations {}
