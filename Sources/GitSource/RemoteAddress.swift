import TextForms

/// The address of a repository that lies elsewhere, or that is named as if it did.
struct RemoteAddress {
  /// The address without what opens it.
  let shown: String
  /// The folder that it means, where it is one of this machine.
  let folder: String?

  /// Reads an address as `git clone` takes it; `nil` for what may be a path.
  init?(_ text: String) {
    let head = text.prefix { $0 != "/" }
    guard let colon = head.firstIndex(of: ":"), colon > text.startIndex else { return nil }
    if let helper = head.firstRange(of: "::"), !head.contains("[") {
      // What follows may be a command.
      (shown, folder) = (text[..<helper.upperBound] + "…", nil)
      return
    }
    shown = withoutCredentials(text)
    let isFile = text[..<colon].lowercased() == "file"
    let path = text[text.index(after: colon)...].drop { $0 == "/" }
    folder = isFile ? "/" + path : nil
  }
}
