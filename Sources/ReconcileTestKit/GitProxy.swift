import Glibc
import ServiceRuntime

/// A proxy for `https` on a free port of `127.0.0.1`, a few lines of Python; gone when nobody holds it.
public final class GitProxy: Sendable {
  /// It does not listen.
  public struct StartError: Error {}

  private let directory: String
  private let port: Int
  private let child: ChildProcess

  /// Where it listens.
  public var address: String { "http://127.0.0.1:\(port)" }
  /// To which hosts and ports it was asked to connect.
  public var targets: [String] {
    readFile(directory + "/log").split(separator: "\n").map(String.init)
  }

  /// Starts it and waits until it listens.
  ///
  /// - Throws: `StartError`.
  public init() async throws {
    var template = Array("/tmp/reconcile-proxy.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw StartError() }
    let directory = String(
      decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    self.directory = directory
    try writeFile(directory + "/proxy.py", program)
    child = try ChildProcess("python3", ["proxy.py"], directory: directory)
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      if let port = Int(readFile(directory + "/port")) {
        self.port = port
        return
      }
      guard ContinuousClock.now < deadline else { throw StartError() }
      usleep(10_000)
    }
  }

  deinit {
    child.signal(SIGKILL)
    child.waitBlocking()
    removeFolder(directory)
  }
}

private let program = """
  import http.server, os, select, socket, socketserver

  class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"

      def do_CONNECT(self):
          with open("log", "a") as log:
              print(self.path, file=log)
          host, _, port = self.path.rpartition(":")
          other = socket.create_connection((host, int(port)))
          self.send_response(200)
          self.end_headers()
          ends = {self.connection: other, other: self.connection}
          while True:
              for end in select.select(list(ends), [], [])[0]:
                  data = end.recv(65536)
                  if not data:
                      return
                  ends[end].sendall(data)

      def log_message(self, *words):
          pass

  class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
      daemon_threads = True

  server = Server(("127.0.0.1", 0), Handler)
  with open("port.tmp", "w") as file:
      file.write(str(server.server_address[1]))
  os.rename("port.tmp", "port")
  server.serve_forever()
  """
