import Foundation
import ServiceRuntime

extension BenchRow {
  /// A clean release build of everything, into a folder of its own.
  static let build = BenchRow(
    name: "build", summary: "a clean release build of everything (only where asked for)",
    isOnRequest: true
  ) {
    let folder = try TemporaryFolder()
    let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let seconds = try await wallTime {
      let result = try await ChildProcess.run(
        "swift",
        ["build", "-c", "release", "--package-path", root, "--scratch-path", folder.path],
        deadline: .seconds(1_200))
      guard result.ending == .exited(0) else {
        throw BenchError("the build fails: \(String(decoding: result.output, as: UTF8.self))")
      }
    }
    return [
      Figure(
        what: "clean release build", ours: "\(seconds.text(0)) s",
        beside: "\(ProcessInfo.processInfo.activeProcessorCount) processors", goal: "120 s",
        isMet: seconds <= 120)
    ]
  }
}
