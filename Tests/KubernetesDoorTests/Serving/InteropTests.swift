import Foundation
import KubernetesDoor
import Testing

/// The C core of gRPC, through Python's grpcio, judges the plugin. Set `GRPC_PYTHON` to a python with grpcio and
/// grpcio-tools; without one the test is skipped.
@Suite(.timeLimit(.minutes(2))) struct InteropTests {
    static let python: String? = [ProcessInfo.processInfo.environment["GRPC_PYTHON"], "/usr/bin/python3"]
        .compactMap { $0 }.first { (try? run($0, ["-c", "import grpc, grpc_tools"]))?.code == 0 }

    @Test(.enabled(if: python != nil, "SKIPPED: no python3 with grpcio and grpcio-tools; set GRPC_PYTHON"))
    func `grpcio with messages from the published interface gets every answer it expects`() async throws {
        let door = try await TestDoor()
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let proto = tests.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/KubernetesDoor/Protos/kmsv2.proto").path
        let arguments = [tests.appendingPathComponent("interop/client.py").path, door.path, proto]
        let result = try await Task.detached { try Self.run(Self.python ?? "", arguments) }.value
        #expect(result.code == 0, "\(result.text)")
        await door.server.shutdown()
    }

    private static func run(_ path: String, _ arguments: [String]) throws -> (code: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
