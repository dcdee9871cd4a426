import Testing

@Suite("Findings in manifests of wadm")
struct WadmFindingTests {
  @Test(
    "a key or type that is misspelt is one finding, at it",
    arguments: [
      WadmCase(
        "image misspelt", WadmCase.manifest(properties: "imge: r/a:1"),
        """
        8:18: error MAN-5: 'properties' of the component has no key 'imge'; write 'image'
        """),
      WadmCase(
        "instances misspelt",
        WadmCase.manifest(traits: "{type: spreadscaler, properties: {instance: 1}}"),
        """
        9:48: error MAN-5: the scaler has no key 'instance'; write 'instances'
        """),
      WadmCase(
        "requirements misspelt",
        WadmCase.manifest(
          traits:
            "{type: spreadscaler, properties: {instances: 1, spread: [{name: a, requirement: {b: c}}]}}"
        ),
        """
        9:81: error MAN-5: the rule has no key 'requirement'; write 'requirements'
        """),
      WadmCase(
        "interfaces misspelt",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv}, namespace: wasi, package: keyvalue, interface: [store]")),
        """
        9:146: error MAN-5: the link has no key 'interface'; write 'interfaces'
        """),
      WadmCase(
        "spec in capitals",
        WadmCase.manifest()
          .replacing("spec:", with: "Spec:"),
        """
        4:1: error MAN-5: the manifest has no key 'Spec'; write 'spec'
        """),
      WadmCase(
        "components misspelt",
        WadmCase.manifest()
          .replacing("components:", with: "component:"),
        """
        5:3: error MAN-5: 'spec' of the manifest has no key 'component'; write 'components'
        """),
      WadmCase(
        "annotations misspelt", WadmCase.manifest(metadata: "annotaions: {}"),
        """
        3:24: error MAN-5: 'metadata' of the manifest has no key 'annotaions'; write \
        'annotations'
        """),
      WadmCase(
        "properties of a trait misspelt",
        WadmCase.manifest(traits: "{type: spreadscaler, propertes: {instances: 1}}"),
        """
        9:35: error MAN-5: the trait has no key 'propertes'; write 'properties'
        """),
      WadmCase(
        "a scaler misspelt",
        WadmCase.manifest(traits: "{type: spreadscalar, properties: {instances: 1}}"),
        """
        9:21: error MAN-7: there is no trait of type 'spreadscalar', so nothing comes of it; \
        write 'spreadscaler'
        """),
      WadmCase(
        "a scaler in capitals",
        WadmCase.manifest(traits: "{type: SpreadScaler, properties: {instances: 1}}"),
        """
        9:21: error MAN-7: there is no trait of type 'SpreadScaler', so nothing comes of it; \
        write 'spreadscaler'
        """),
      WadmCase(
        "traits misspelt",
        WadmCase.manifest()
          .replacing("traits:", with: "trait:"),
        """
        9:5: error MAN-5: the component has no key 'trait'; write 'traits'
        """),
      WadmCase(
        "a scaler without properties", WadmCase.manifest(traits: "{type: spreadscaler}"),
        """
        9:14: error MAN-3: the trait has no 'properties'; add 'properties'
        """),
      WadmCase(
        "traits that are no list",
        WadmCase.manifest()
          .replacing(
            "traits: [{type: spreadscaler, properties: {instances: 1}}]",
            with: "traits: {type: spreadscaler, properties: {instances: 1}}"),
        """
        9:13: error MAN-4: 'traits' of the component is a mapping, not a list; begin each \
        element with '- '
        """),
    ])
  func misspelt(_ test: WadmCase) { test.check() }

  @Test(
    "a trait that is called what it is not is one finding",
    arguments: [
      WadmCase(
        "a link called a scaler",
        WadmCase.manifest(
          traits: WadmCase.scaler
            + ", {type: spreadscaler, properties: {target: {name: kv}, namespace: wasi, package: keyvalue, interfaces: [store]}}"
        ),
        """
        9:71: error MAN-7: the trait of type 'spreadscaler' is a link by what stands in it; \
        write 'link'
        """),
      WadmCase(
        "a scaler called a link",
        WadmCase.manifest(traits: "{type: link, properties: {instances: 1}}"),
        """
        9:21: error MAN-7: the trait of type 'link' is a scaler by what stands in it; write \
        'spreadscaler'
        """),
      WadmCase(
        "a scaler of no known type",
        WadmCase.manifest(traits: "{type: scale, properties: {replicas: 1}}"),
        """
        9:21: error MAN-7: there is no trait of type 'scale', so nothing comes of it; write \
        'spreadscaler'
        """),
      WadmCase(
        "a link that says not what is called",
        WadmCase.manifest(traits: WadmCase.linked("target: kv, values: {a: b}")),
        """
        9:89: error MAN-3: the link does not say what is called; write namespace, package \
        and interfaces, such as wasi, keyvalue and [store], and the values as target: {name: \
        …, config: [{name: …, properties: {…}}]}
        """),
      WadmCase(
        "a link of the form of hosts before 1.0",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: kv, contract_id: 'wasmcloud:keyvalue', link_name: a, values: {a: b}")),
        """
        9:89: error MAN-3: the link does not say what is called; write namespace, package \
        and interfaces, such as wasi, keyvalue and [store], and the values as target: {name: \
        …, config: [{name: …, properties: {…}}]}
        """),
    ])
  func shapes(_ test: WadmCase) { test.check() }

  @Test(
    "what a link calls is told word by word",
    arguments: [
      WadmCase(
        "a number as interface",
        WadmCase.manifest(
          traits: WadmCase.linked("target: kv, namespace: wasi, package: keyvalue, interfaces: [1]")
        ),
        """
        9:151: error MAN-4: 'interfaces' of the link is a number or boolean, not a text; put \
        it in quotes
        """),
      WadmCase(
        "a mapping as interface",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: kv, namespace: wasi, package: keyvalue, interfaces: [{name: store}]")),
        """
        9:151: error MAN-4: 'interfaces' of the link is a mapping, not a text; write one \
        value, '' for an empty text
        """),
    ])
  func words(_ test: WadmCase) { test.check() }

  @Test(
    "a value in another form is told with the form",
    arguments: [
      WadmCase(
        "a text as application", WadmCase.manifest(properties: "application: other", traits: ""),
        """
        8:31: error MAN-4: 'application' of the component is 'other', not a mapping; write \
        application: {name: other, component: …}, with its name there
        """),
      WadmCase(
        "an application without a component",
        WadmCase.manifest(properties: "application: {name: other}"),
        """
        8:31: error MAN-3: 'application' of 'properties' of the component has no \
        'component'; add 'component'
        """),
      WadmCase(
        "image and application",
        WadmCase.manifest(properties: "image: r/a:1, application: {name: o, component: c}"),
        """
        8:25: error MAN-7: the component has both 'image' and 'application'; keep 'image' \
        where it runs here, 'application' where another one runs it
        """),
      WadmCase(
        "a list as target",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: [{name: kv}], namespace: wasi, package: keyvalue, interfaces: [store]")),
        """
        9:98: error MAN-4: 'target' of the link is a list, and a link has one target; write \
        target: {name: kv}
        """),
      WadmCase(
        "a list of texts as target",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: [kv], namespace: wasi, package: keyvalue, interfaces: [store]")),
        """
        9:98: error MAN-4: 'target' of the link is a list, and a link has one target; write \
        target: {name: kv}
        """),
      WadmCase(
        "a list of two targets",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: [{name: kv}, {name: web}], namespace: wasi, package: keyvalue, interfaces: [store]"
          )),
        """
        9:98: error MAN-4: 'target' of the link is a list, and a link has one target; write \
        target: {name: kv}, and a link of its own for each of the others
        """),
      WadmCase(
        "a package with its namespace",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: kv, namespace: orange, package: 'orange:ratingagent', interfaces: [types]")),
        """
        9:130: error MAN-7: 'package' of the link is 'orange:ratingagent', not one word; \
        write namespace: orange, package: ratingagent
        """),
      WadmCase(
        "a package with a version",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv}, namespace: wasi, package: keyvalue@0.2.0, interfaces: [store]")),
        """
        9:136: error MAN-7: 'package' of the link is 'keyvalue@0.2.0', not one word; leave \
        the version out: write 'keyvalue'
        """),
      WadmCase(
        "an interface with a version",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv}, namespace: wasi, package: keyvalue, interfaces: [store@0.2.0]")),
        """
        9:159: error MAN-7: 'interfaces' of the link is 'store@0.2.0', not one word; leave \
        the version out: write 'store'
        """),
      WadmCase(
        "a package with an interface",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv}, namespace: wasi, package: keyvalue/store, interfaces: [store]")),
        """
        9:136: error MAN-7: 'package' of the link is 'keyvalue/store', not one word; write \
        package: keyvalue, interfaces: [store]
        """),
      WadmCase(
        "no interface",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv}, namespace: wasi, package: keyvalue, interfaces: []")),
        """
        9:158: error MAN-7: the link names no interface, so nothing can be called; write \
        those that are called, such as [store, atomics]
        """),
      WadmCase(
        "an interface twice",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv}, namespace: wasi, package: keyvalue, interfaces: [store, store]")),
        """
        9:166: error MAN-8: 'store' stands twice in 'interfaces' of the link; write it once
        """),
    ])
  func forms(_ test: WadmCase) { test.check() }

  @Test(
    "a version is told with the one that was meant",
    arguments: [
      WadmCase(
        "no apiVersion",
        WadmCase.manifest()
          .replacing("apiVersion: core.oam.dev/v1beta1\n", with: ""),
        """
        1:1: error MAN-3: the document has no 'apiVersion'; write 'apiVersion: \
        core.oam.dev/v1beta1'
        """),
      WadmCase(
        "apiVersion empty",
        WadmCase.manifest()
          .replacing("apiVersion: core.oam.dev/v1beta1", with: "apiVersion: ''"),
        """
        1:13: error MAN-1: apiVersion is ''; write 'core.oam.dev/v1beta1'
        """),
      WadmCase(
        "apiVersion of Kubernetes",
        WadmCase.manifest()
          .replacing("apiVersion: core.oam.dev/v1beta1", with: "apiVersion: v1"),
        """
        1:13: error MAN-1: apiVersion is 'v1'; write 'core.oam.dev/v1beta1'
        """),
      WadmCase(
        "apiVersion misspelt",
        WadmCase.manifest()
          .replacing("apiVersion: core.oam.dev/v1beta1", with: "apiVersion: core.oam.de/v1beta1"),
        """
        1:13: error MAN-1: apiVersion is 'core.oam.de/v1beta1'; write 'core.oam.dev/v1beta1'
        """),
    ])
  func versions(_ test: WadmCase) { test.check() }

  @Test(
    "what is wrong is told where it stands",
    arguments: [
      WadmCase(
        "two names that become one",
        WadmCase.manifest()
          .replacing("name: kv\n", with: "name: WEB\n"),
        """
        10:5: error MAN-8: 'web' and 'WEB' become one name here; give one of them another \
        name; the other is at 0.yaml:6:5
        """),
      WadmCase(
        "two configs that become one",
        WadmCase.manifest(
          properties:
            "image: r/a:1, config: [{name: c.d, properties: {a: b}}, {name: c_d, properties: {a: c}}]"
        ),
        """
        8:74: error MAN-13: the configs 'c.d' and 'c_d' become one name here; give one of \
        them another name; the other is at 0.yaml:8:41
        """),
      WadmCase(
        "policy for policies", WadmCase.manifest(more: "  policy: []"),
        """
        13:3: error MAN-5: 'spec' of the manifest has no key 'policy'; write 'policies'
        """),
      WadmCase(
        "property for properties",
        WadmCase.manifest(properties: "image: r/a:1, config: [{name: c, property: {a: b}}]"),
        """
        8:51: error MAN-5: the config has no key 'property'; write 'properties'
        """),
      WadmCase(
        "values for properties",
        WadmCase.manifest(properties: "image: r/a:1, config: [{name: c, values: {a: b}}]"),
        """
        8:51: error MAN-5: the config has no key 'values'; write 'properties'
        """),
      WadmCase(
        "instances without a value",
        WadmCase.manifest(traits: "{type: spreadscaler, properties: {instances: }}"),
        """
        9:59: error MAN-3: the scaler has no value for 'instances'; add it
        """),
      WadmCase(
        "a link name with a blank", WadmCase.manifest(traits: WadmCase.link(", name: my link")),
        """
        9:173: error MAN-6: 'my link' is no name for a link here: it is one part of NATS \
        subjects; write letters, digits, '-' and '_', a letter or digit first
        """),
      WadmCase(
        "a scaler of a component of others",
        WadmCase.manifest(properties: "application: {name: o, component: c}"),
        """
        9:14: error MAN-7: a component of another application has a scaler here; remove it: \
        the application that declares the component says that
        """),
      WadmCase(
        "a bad name of a config",
        WadmCase.manifest(properties: "image: r/a:1, config: [{properties: {a: b}, name: /}]"),
        """
        8:68: error MAN-6: '/' is no name for the config; write letters, digits, '-' and \
        '_', a letter or digit first
        """),
      WadmCase(
        "a config with two contents",
        WadmCase.manifest(
          properties: "image: r/a:1, config: [{name: c, properties: {a: b}}]",
          traits: WadmCase.linked(
            "target: {name: kv, config: [{name: c, properties: {a: c}}]}, namespace: wasi, package: keyvalue, interfaces: [store]"
          )),
        """
        9:118: error MAN-13: config 'c' is declared twice in shop; give one of them another \
        name; the other is at 0.yaml:8:41
        """),
      WadmCase(
        "a config with two contents, the link first",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv, config: [{name: c, properties: {a: c}}]}, namespace: wasi, package: keyvalue, interfaces: [store]"
          )
        )
        .replacing(
          "properties: {image: r/kv:1}",
          with: "properties: {image: r/kv:1, config: [{name: c, properties: {a: b}}]}"),
        """
        12:42: error MAN-13: config 'c' is declared twice in shop; give one of them another \
        name; the other is at 0.yaml:9:118
        """),
    ])
  func places(_ test: WadmCase) { test.check() }

}
