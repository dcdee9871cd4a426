import LatticeModel

@testable import Manifests

/// What texts declare together, in files named `0.yaml` and up.
func resolved(
  _ texts: String..., lastGood: [ApplicationManifest] = []
) -> ResolvedState {
  resolve(
    texts.enumerated().map {
      decodeManifests(ManifestFile(path: "\($0).yaml", bytes: Array($1.utf8)))
    }, revision: "r", tree: "t", lastGood: lastGood)
}

/// The document of an application whose `spec` is written in one line.
func application(_ name: String, _ spec: String) -> String { document(name, spec, "Application") }

/// A document of a kind with its `spec`.
func document(_ name: String, _ spec: String, _ kind: String) -> String {
  """
  apiVersion: reconcile.dev/v1
  kind: \(kind)
  metadata: {name: \(name)}
  spec: \(spec)

  """
}
