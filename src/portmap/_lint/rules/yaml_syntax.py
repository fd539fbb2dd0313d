"""Rules about YAML that not every tool reads alike."""

from collections.abc import Iterator

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._yaml.ambiguous_scalars import ambiguous_scalars
from portmap._yaml.kubectl_refusals import kubectl_refusal


@rule("unreadable-by-kubectl", on=Bundle, severity="warning")
def unreadable_by_kubectl(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Kubectl cannot read the document.

    What it reports:
    A document that begins on the line of its `---`, and a document with a `%YAML` or `%TAG` directive.

    Why it matters:
    API servers and most tools read such documents. kubectl first cuts a file at every line that begins
    with `---`, and refuses what is left: "invalid Yaml document separator", or "did not find expected
    <document start>". `kubectl apply -f` on the file fails.

    Example:
    ```yaml
    --- {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
    ```

    Fix:
    ```yaml
    ---
    {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
    ```

    Notes:
    The rule is about files, not about plain data. A comment after `---` is fine. kubectl drops a
    directive that follows the `...` of another document.
    """
    del subject
    for item in bundle.items:
        if item.document is None:
            continue
        document, root = item.document.origin
        refusal = kubectl_refusal(document)
        # A List is one document: its first item has the finding.
        if refusal is not None and not any(step for step in root if isinstance(step, int)):
            message, hint = refusal
            yield at(item).finding(message, hint=hint)


@rule("ambiguous-scalar", on=Bundle, severity="info", profile="strict")
def ambiguous_scalar(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Unquoted value is read in different ways.

    What it reports:
    An unquoted key or value that kubectl reads as something else than YAML 1.2 or PyYAML does, such as
    `1e3`, `010`, `0o17`, `on` and `12:30`.

    Why it matters:
    kubectl and API servers read YAML by rules of their own, between YAML 1.1 and 1.2. A tool in Python
    or JavaScript that reads the same file may see another number, or text in place of a boolean.

    Example:
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers: [{name: web, image: web}]
      volumes: [{name: settings, configMap: {name: settings, defaultMode: 0400}}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers: [{name: web, image: web}]
      volumes: [{name: settings, configMap: {name: settings, defaultMode: 256}}]
    ```

    Notes:
    The rule is about files, not about plain data. Times such as `2026-01-31` are not reported: kubectl
    itself writes them unquoted. A value of a wrong type, such as a label `on`, is an error as well.
    """
    del subject
    for item in bundle.items:
        if item.document is not None:
            for path, text, message, hint in ambiguous_scalars(*item.document.origin):
                yield at(item, *path).finding(message, hint=hint, value=text)
