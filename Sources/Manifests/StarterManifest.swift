import TextForms

/// Returns a manifest to begin with: one actor behind an HTTP server, and in comments what is asked for
/// next.
///
/// - Parameter name: The application's name.
/// - Returns: The text, which decodes without a finding; `nil` where no application can have the name.
public func starterManifest(for name: String) -> String? {
  guard isDNSLabel(name) else { return nil }
  return """
    # The application \(name). 'reconcile validate --worktree' checks it, 'reconcile diff --worktree' shows
    # what it would change; a commit makes it so. 'reconcile schema' tells editors of its keys.
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata:
      name: \(name)
    spec:
      actors: # what runs, and how many of it
        - name: web
          image: ghcr.io/wasmcloud/components/http-hello-world-rust:0.1.0 # a fixed tag, or a digest
          instances: 2
          # spread: zones                       # on which hosts, in which shares: a name from below
          # config: {level: info}               # what it reads at run time; no secrets
          # resources: {memory: 64Mi}           # only hosts with room for it
          # update: {maxUnavailable: 1}         # how many hosts at once may be without it
      providers: # what connects actors with the world
        - name: server
          image: ghcr.io/wasmcloud/http-server:0.27.0
      links: # who may call whom, over which interface
        - source: server
          target: web
          interface: wasi:http/incoming-handler
          values: {address: 0.0.0.0:8080} # given to the provider; one address a server
      # spread:
      #   zones:
      #     - {name: edge, weight: 80, requirements: {tier: edge}}
      #     - {name: cloud, weight: 20, requirements: {tier: cloud}}
      # dependsOn: [shared-services]            # what is to be up before it
      # sync: {prune: true}                     # whether what leaves this file leaves the lattice

    """
}
