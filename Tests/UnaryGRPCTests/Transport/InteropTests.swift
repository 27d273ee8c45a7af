import Foundation
import NIOPosix
import Testing
import UnaryGRPC

/// The C core of gRPC, through Python's grpcio, judges the server. Set `GRPC_PYTHON` to a python with grpcio; without
/// one the test is skipped.
@Suite(.timeLimit(.minutes(2))) struct InteropTests {
    static let python: String? = [ProcessInfo.processInfo.environment["GRPC_PYTHON"], "/usr/bin/python3"]
        .compactMap { $0 }.first { (try? run($0, ["-c", "import grpc"]))?.code == 0 }

    @Test(.enabled(if: python != nil, "SKIPPED: no python3 with grpcio; set GRPC_PYTHON"))
    func `grpcio gets every answer it expects`() async throws {
        let test = try await TestServer()
        let directory = NSTemporaryDirectory() + "/interop\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let pem = try test.authority.pem([TestServer.caller])
        for (name, text) in [("ca", pem.ca), ("cert", pem.certificate), ("key", pem.key)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name).pem"))
        }
        let socket = directory + "/s.sock"
        try await test.server.listen(unixSocket: UnixSocketOptions(path: socket))
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("interop/client.py").path
        let arguments = [script, "127.0.0.1:\(test.port)", socket, directory]
        let result = try await Task.detached { try Self.run(Self.python ?? "", arguments) }.value
        #expect(result.code == 0, "\(result.text)")
        await test.server.shutdown()
        try FileManager.default.removeItem(atPath: directory)
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
