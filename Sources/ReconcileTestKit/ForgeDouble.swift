import Glibc
public import JSONCoding
import ServiceRuntime

/// What a forge answers to programs, on a free port of this machine: statuses of commits and comments of
/// pull requests, as GitHub, GitLab and Gitea have them; gone when nobody holds it.
///
/// It keeps what it is told, knows one token, and can be told to fail.
public final class ForgeDouble: Sendable {
  /// What keeps it from starting.
  public struct StartError: Error, CustomStringConvertible {
    /// The words of what failed.
    public let description: String
  }

  /// The token that it knows.
  public static let token = "s3cret-forge-token"

  /// Where it is.
  public var url: String { "http://127.0.0.1:\(port)" }
  /// The folder of its log.
  public let directory: String
  private let port: Int
  private let child: ChildProcess

  /// Starts it and waits until it listens.
  ///
  /// - Throws: `StartError`.
  public init() throws {
    var template = Array("/tmp/reconcile-forge.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw StartError(description: "no temporary folder") }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    try writeFile(directory + "/forge.py", program)
    let log = open("\(directory)/errors", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(log) }
    child = try ChildProcess(
      "python3", ["forge.py", Self.token], directory: directory, output: log, errorOutput: log)
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      if let port = Int(readFile(directory + "/port")) {
        self.port = port
        return
      }
      guard ContinuousClock.now < deadline else {
        child.signal(SIGKILL)
        child.waitBlocking()
        throw StartError(description: readFile(directory + "/errors"))
      }
      usleep(10_000)
    }
  }

  deinit {
    child.signal(SIGKILL)
    child.waitBlocking()
    removeFolder(directory)
  }

  /// Has it answer the next requests, before it looks at the token.
  ///
  /// - Parameter answers: A status each; `hang` for none, `bye` for a connection that is cut.
  /// - Throws: An error of the file system.
  public func answer(_ answers: String...) throws {
    try writeFile(directory + "/answers", answers.joined(separator: "\n"))
  }

  /// The requests so far: `method`, `path`, `fields` with names in lower case, and `body`.
  public var requests: [JSONValue] {
    readFile(directory + "/log").split(separator: "\n").compactMap {
      try? JSONValue(parsing: Array($0.utf8))
    }
  }

  /// What it was told of commits, in order: the path, and what stood in the body.
  public var statuses: [(path: String, body: JSONValue)] {
    requests.filter { $0["path"]?.string?.contains("/statuses/") ?? false }
      .map { ($0["path"]?.string ?? "", $0["body"] ?? .null) }
  }

  /// The texts of the comments that stand there, the oldest first.
  public var comments: [String] {
    let list = try? JSONValue(parsing: Array(readFile(directory + "/comments").utf8))
    return (list?.array ?? []).compactMap { $0["body"]?.string }
  }
}

private let program = #"""
  import http.server, json, os, re, sys, threading, time

  token = sys.argv[1]
  lock = threading.Lock()
  comments = []

  class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = "HTTP/1.1"

      def answer(self, status, body, fields={}):
          text = json.dumps(body).encode()
          self.send_response(status)
          for name, value in fields.items():
              self.send_header(name, value)
          self.send_header("Content-Type", "application/json")
          self.send_header("Content-Length", str(len(text)))
          self.end_headers()
          self.wfile.write(text)

      def told(self):
          try:
              lines = open("answers").read().split()
          except FileNotFoundError:
              return None
          open("answers", "w").write("\n".join(lines[1:]))
          return lines[0] if lines else None

      def handle_request(self):
          body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
          body = json.loads(body) if body else None
          with lock:
              fields = {name.lower(): value for name, value in self.headers.items()}
              with open("log", "a") as log:
                  log.write(json.dumps({
                      "method": self.command, "path": self.path, "fields": fields,
                      "body": body}) + "\n")
              told = self.told()
          if told == "hang":
              time.sleep(600)
          if told == "bye":
              self.close_connection = True
              return
          if told == "302":
              return self.answer(302, {}, {"Location": "/elsewhere"})
          if told == "429":
              return self.answer(429, {"message": "slow down"}, {"Retry-After": "1"})
          if told:
              # A forge that repeats what it was sent must not make us show it.
              return self.answer(int(told), {"message": "told so, " + token})
          given = fields.get("private-token") or fields.get("authorization", "").partition(" ")[2]
          if given != token:
              return self.answer(401, {"message": "Bad credentials"})
          with lock:
              if "/statuses/" in self.path:
                  return self.answer(201, {"id": 1})
              edited = re.search(r"/(?:issues/comments|notes)/(\d+)$", self.path)
              if edited and self.command in ("PATCH", "PUT"):
                  comment = next((c for c in comments if c["id"] == int(edited[1])), None)
                  if comment is None:
                      return self.answer(404, {"message": "Not Found"})
                  comment["body"] = body["body"]
                  self.keep()
                  return self.answer(200, comment)
              if re.search(r"/(?:issues|merge_requests)/7/(?:comments|notes)(?:\?|$)", self.path):
                  if self.command == "POST":
                      comment = {"id": 100 + len(comments), "body": body["body"]}
                      if "/api/v4" not in self.path:
                          comment["html_url"] = "https://forge.test/c/%d" % comment["id"]
                      comments.append(comment)
                      self.keep()
                      return self.answer(201, comment)
                  page = re.search(r"[?&]page=(\d+)", self.path)
                  start = (int(page[1]) - 1) * 100 if page else 0
                  return self.answer(200, comments[start:start + 100] if page else comments)
          self.answer(404, {"message": "Not Found"})

      def keep(self):
          with open("comments.tmp", "w") as file:
              json.dump(comments, file)
          os.rename("comments.tmp", "comments")

      do_GET = do_POST = do_PUT = do_PATCH = handle_request

      def log_message(self, *words):
          pass

  class Server(http.server.ThreadingHTTPServer):
      daemon_threads = True

      def handle_error(self, request, address):
          pass

  server = Server(("127.0.0.1", 0), Handler)
  with open("port.tmp", "w") as file:
      file.write(str(server.server_address[1]))
  os.rename("port.tmp", "port")
  server.serve_forever()
  """#
