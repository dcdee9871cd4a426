import Foundation

/// Writes a text file.
///
/// - Parameters:
///   - path: The path.
///   - text: The text.
/// - Throws: An error of the file system.
public func writeFile(_ path: String, _ text: String) throws {
  let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// Reads a text file.
///
/// - Parameter path: The path.
/// - Returns: The text, empty if there is none.
public func readFile(_ path: String) -> String {
  (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
}

/// Removes a folder with all that is in it.
///
/// - Parameter path: The path.
public func removeFolder(_ path: String) {
  try? FileManager.default.removeItem(atPath: path)
}
