/// Whether a state machine holds replicas to their placement.
///
/// A parameter and no global, because apply is pure. Only `strict` is ever used by a program; a test switches one lock
/// off to show that the others hold without it.
package enum PlacementEnforcement: Hashable, Sendable { case strict, off }
