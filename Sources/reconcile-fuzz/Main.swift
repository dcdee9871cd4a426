import Glibc

/// Feeds what comes from outside with bytes that libFuzzer makes up.
///
/// `reconcile-fuzz TARGET [arguments of libFuzzer]`; without its runtime, which `make fuzz` links, the
/// files that are named are tried once each.
@main
struct Main {
  nonisolated(unsafe) private static var target: (@Sendable ([UInt8]) -> Void) = { _ in }

  static func main() {
    var arguments = CommandLine.arguments
    guard arguments.count > 1, let chosen = fuzzTargets[arguments.remove(at: 1)] else {
      let names = fuzzTargets.keys.sorted().joined(separator: "|")
      print("usage: reconcile-fuzz \(names) [arguments of libFuzzer, or files]")
      exit(64)
    }
    target = chosen
    guard let symbol = dlsym(nil, "LLVMFuzzerRunDriver") else {
      for path in arguments.dropFirst() { target(bytes(of: path)) }
      return
    }
    let run = unsafeBitCast(symbol, to: RunDriver.self)
    var count = Int32(arguments.count)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let status = pointers.withUnsafeMutableBufferPointer { buffer in
      var vector = buffer.baseAddress
      return run(&count, &vector) { data, size in
        Main.target(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
      }
    }
    exit(status)
  }

  private static func bytes(of path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else {
      perror(path)
      exit(66)
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return bytes
  }
}

/// libFuzzer's loop, as a library.
private typealias RunDriver =
  @convention(c) (
    UnsafeMutablePointer<Int32>,
    UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
  ) -> Int32
