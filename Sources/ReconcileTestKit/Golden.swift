import Foundation
public import Testing

/// Compares a text with a file that lies beside the tests.
///
/// With `RECORD_GOLDEN` set, or where the file is missing, the file is written and the test fails,
/// so that a recording run never passes unseen.
///
/// - Parameters:
///   - text: What the program says now.
///   - name: The file's name in the folder `Golden` beside the test.
///   - file: The test's file.
///   - location: The test's place.
public func expectGolden(
  _ text: String, _ name: String, file: String = #filePath,
  location: SourceLocation = #_sourceLocation
) {
  let path = URL(fileURLWithPath: file).deletingLastPathComponent()
    .appendingPathComponent("Golden/\(name)").path
  let golden = readFile(path)
  let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil
  guard isRecording || golden.isEmpty else {
    #expect(text == golden, "see Golden/\(name)", sourceLocation: location)
    return
  }
  do {
    try writeFile(path, text)
  } catch {
    Issue.record("\(path) cannot be written: \(error)", sourceLocation: location)
  }
  Issue.record("recorded Golden/\(name); look at it and run again", sourceLocation: location)
}

/// The folder of the repository.
public var repositoryRoot: String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
}

/// The files of a folder of the repository, by path.
///
/// - Parameter folder: The folder from the root of the repository.
/// - Returns: Paths from the root of the repository, with their bytes.
/// - Throws: An error of the file system.
public func repositoryFiles(_ folder: String) throws -> [(path: String, bytes: [UInt8])] {
  let root = "\(repositoryRoot)/\(folder)"
  return try FileManager.default.contentsOfDirectory(atPath: root).sorted().map { name in
    ("\(folder)/\(name)", [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(name)"))))
  }
}
