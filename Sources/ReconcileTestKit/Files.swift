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

/// Returns the blocks of code of a document in Markdown.
///
/// - Parameters:
///   - path: The document, from the root of the repository.
///   - language: The word behind the fence; empty for blocks without one.
/// - Returns: The text of each block, its last line ended.
public func codeBlocks(in path: String, language: String) -> [String] {
  var blocks: [String] = []
  var isInside = false
  var isWanted = false
  for line in readFile("\(repositoryRoot)/\(path)").split(
    separator: "\n", omittingEmptySubsequences: false)
  {
    guard !line.hasPrefix("```") else {
      isInside.toggle()
      isWanted = isInside && line.dropFirst(3) == language
      if isWanted { blocks.append("") }
      continue
    }
    if isWanted { blocks[blocks.count - 1] += line + "\n" }
  }
  return blocks
}
