import OptionParsing

extension HelpTopic {
  /// What `reconcile help` tells beside commands, in the order of its list.
  static let all = [git, nats, output, exitStatus, environment]

  private static let git = HelpTopic(
    "git", "What is read, and from where",
    [
      "A commit is read, not the files on disk: 'manifests' at HEAD of the repository that you "
        + "stand in, unless --repo, --ref or --path say otherwise. What is not committed is told and "
        + "not read; --worktree reads the files on disk.",
      "An address of https:// or ssh:// is fetched, with --git-token or --git-ssh-key.",
    ],
    rows: [
      ("reconcile diff --worktree", "try an edit before it is committed"),
      ("reconcile diff --ref v1.2", "what a tag would change"),
      ("reconcile diff --path clusters/berlin", "another folder"),
    ])

  private static let nats = HelpTopic(
    "nats", "How the lattice is reached",
    [
      "The lattice 'default' on nats://127.0.0.1:4222 is meant, unless --lattice and --nats say "
        + "otherwise. --nats-context takes what the NATS command line has saved; --creds, --nkey, "
        + "--nats-user and --tls-ca open what is closed. No password stands on a command line.",
      "The record of what was applied lies in JetStream: start the server with -js. Without it, it lies "
        + "in the folder that --state-dir names.",
    ],
    rows: [
      ("reconcile doctor", "checks all of it, with cause and remedy"),
      ("reconcile get hosts", "who answers"),
    ])

  private static let output = HelpTopic(
    "output", "How results are written",
    [
      "Data goes to standard output, all else to the error output. Text is coloured on a terminal, "
        + "unless NO_COLOR is set or --color says otherwise."
    ],
    rows: [
      ("-o text", "for people, the default"),
      ("-o json", "one object: schema, exit, and result or errors"),
      ("-o ndjson", "one object a line"),
      ("-o markdown", "a plan, for a comment on a pull request"),
      ("-o sarif, -o github", "what 'reconcile validate' finds, for code scanning"),
    ])

  private static let exitStatus = HelpTopic(
    "exit-status", "What the exit status means",
    [
      "Where several hold it is the gravest. --exit-zero turns 2 into 0, for pipelines in which a diff "
        + "is no failure."
    ], rows: ExitStatus.meanings.map { ($0.term, $0.meaning) })

  private static let environment = HelpTopic(
    "environment", "Which variables are read in place of options",
    [
      "The command line wins over a variable, which wins over the controller's configuration file. "
        + "One that is empty counts as not set."
    ], rows: ReconcileCommand.table.variables.map { ($0.name, $0.meaning) })
}
