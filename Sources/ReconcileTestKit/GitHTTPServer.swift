import Glibc
import ServiceRuntime

/// A real git server over HTTPS on a free port of `localhost`: `git http-backend` behind a few lines of
/// Python, with a certificate of an authority of its own; gone when nobody holds it.
///
/// Beside repositories below its root it serves `/hang/…`, which takes a request and says nothing,
/// `/trickle/…`, which says a byte a second, and `/away/…`, which leads to another server.
public final class GitHTTPServer: Sendable {
  /// What keeps it from starting.
  public struct StartError: Error, CustomStringConvertible {
    /// The words of what failed.
    public let description: String
  }

  /// The folder of its certificates, settings and log.
  public let directory: String
  /// The port it listens on.
  public let port: Int
  private let root: String
  private let child: Lock<ChildProcess>

  /// The certificate of its authority.
  public var authority: String { directory + "/ca.pem" }
  /// How often it was asked for the references of a repository.
  public var looks: Int {
    readFile(directory + "/log").split(separator: "\n").count { $0.contains("/info/refs") }
  }

  /// Makes certificates, starts the server and waits until it listens.
  ///
  /// - Parameters:
  ///   - root: The folder that repositories lie in.
  ///   - logins: Who is let in, as `user:password`; everybody where there is none. Any user will do
  ///     where the user is `*`.
  /// - Throws: `StartError`.
  public init(serving root: String, logins: [String] = []) async throws {
    var template = Array("/tmp/reconcile-https.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw StartError(description: "no temporary folder") }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    self.root = root
    try writeFile(directory + "/server.py", program)
    try writeFile(directory + "/logins", logins.joined(separator: "\n"))
    let name = "/CN=Test authority"
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try await Self.openssl(
      ["req", "-x509", "-subj", name, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem"] + key,
      in: directory)
    try await Self.openssl(
      ["req", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"] + key,
      in: directory)
    try writeFile(directory + "/names", "subjectAltName=DNS:localhost\n")
    try await Self.openssl(
      [
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "2", "-extfile", "names", "-out", "server.pem",
      ], in: directory)
    let (child, port) = try Self.start(directory, root, port: 0)
    self.child = Lock(child)
    self.port = port
  }

  deinit {
    stop()
    removeFolder(directory)
  }

  /// The address of a repository below the root.
  ///
  /// - Parameters:
  ///   - path: The path from the root.
  ///   - user: A user and password that stand in it, `user:password@`.
  /// - Returns: The address.
  public func address(_ path: String, user: String = "") -> String {
    "https://\(user)localhost:\(port)/\(path)"
  }

  /// Lets other people in than before.
  ///
  /// - Parameter logins: As for `init`.
  /// - Throws: An error of the file system.
  public func letIn(_ logins: [String]) throws {
    try writeFile(directory + "/logins", logins.joined(separator: "\n"))
  }

  /// Kills the server.
  public func stop() {
    child.withLock {
      $0.signal(SIGKILL)
      $0.waitBlocking()
    }
  }

  /// Starts it again on the same port.
  ///
  /// - Throws: `StartError`.
  public func restart() throws {
    try child.withLock { $0 = try Self.start(directory, root, port: port).0 }
  }

  private static func openssl(_ arguments: [String], in folder: String) async throws {
    let result = try await ChildProcess.run("openssl", arguments, directory: folder)
    guard result.ending == .exited(0) else {
      throw StartError(description: String(decoding: result.errorOutput, as: UTF8.self))
    }
  }

  private static func start(
    _ directory: String, _ root: String, port: Int
  ) throws -> (ChildProcess, Int) {
    unlink(directory + "/port")
    let log = open("\(directory)/errors", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(log) }
    let child = try ChildProcess(
      "python3", ["server.py", root, String(port)], directory: directory, output: log,
      errorOutput: log)
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      if let port = Int(readFile(directory + "/port")) { return (child, port) }
      guard ContinuousClock.now < deadline else {
        child.signal(SIGKILL)
        child.waitBlocking()
        throw StartError(description: readFile(directory + "/errors"))
      }
      usleep(10_000)
    }
  }
}

private let program = #"""
  import base64, http.server, os, socketserver, ssl, subprocess, sys, time

  root, port = sys.argv[1], int(sys.argv[2])

  class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"

      def answer(self, status, body=b"", **headers):
          self.send_response(status)
          for name, value in headers.items():
              self.send_header(name.replace("_", "-"), value)
          self.send_header("Content-Length", str(len(body)))
          self.end_headers()
          self.wfile.write(body)

      def is_let_in(self):
          logins = open("logins").read().split()
          if not logins:
              return True
          kind, _, word = self.headers.get("Authorization", "").partition(" ")
          given = base64.b64decode(word).decode() if kind == "Basic" else ""
          anyone = "*:" + given.partition(":")[2]
          return given != "" and (given in logins or anyone in logins)

      def do_GET(self):
          with open("log", "a") as log:
              log.write(self.command + " " + self.path + "\n")
          size = int(self.headers.get("Content-Length") or 0)
          if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
              body = b""
              while True:
                  count = int(self.rfile.readline().split(b";")[0], 16)
                  body += self.rfile.read(count)
                  self.rfile.readline()
                  if count == 0:
                      break
          else:
              body = self.rfile.read(size)
          path, _, query = self.path.partition("?")
          if path.startswith("/hang/"):
              time.sleep(600)
          if path.startswith("/trickle/"):
              self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n")
              self.wfile.write(b"Content-Type: application/x-git-upload-pack-advertisement\r\n\r\n")
              while True:
                  self.wfile.write(b"0")
                  self.wfile.flush()
                  time.sleep(1)
          if path.startswith("/away/"):
              return self.answer(302, Location="https://example.invalid/" + self.path[6:])
          if path.startswith("/moved/"):
              return self.answer(302, Location="/" + self.path[7:])
          if not self.is_let_in():
              return self.answer(401, WWW_Authenticate='Basic realm="git"')
          environment = dict(
              PATH=os.environ["PATH"], GIT_PROJECT_ROOT=root, GIT_HTTP_EXPORT_ALL="1",
              PATH_INFO=path, REQUEST_METHOD=self.command, QUERY_STRING=query,
              CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
              HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""), HOME="/nonexistent",
              GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
          done = subprocess.run(
              ["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
          head, _, rest = done.stdout.partition(b"\r\n\r\n")
          fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
          status = int(fields.pop("Status", "200").split()[0])
          self.answer(status, rest, Content_Type=fields.get("Content-Type", "text/plain"))

      do_POST = do_GET

      def log_message(self, *words):
          pass

  class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
      daemon_threads = True
      allow_reuse_address = True

      def handle_error(self, request, address):
          pass

  context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  context.load_cert_chain("server.pem", "server.key")
  server = Server(("127.0.0.1", port), Handler)
  server.socket = context.wrap_socket(
      server.socket, server_side=True, do_handshake_on_connect=False)
  with open("port.tmp", "w") as file:
      file.write(str(server.server_address[1]))
  os.rename("port.tmp", "port")
  server.serve_forever()
  """#
