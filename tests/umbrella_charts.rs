//! A chart of one's own that takes the OpenMetadata chart in: its values are the deployment's,
//! however little they say.

mod support;

const VALUES: &str = "\
web:
  replicas: 2
openmetadata:
  ingress: { enabled: true, className: nginx }
  resources: { limits: { memory: 2Gi } }
";

/// Chart.yaml of a chart called `name` with these lines of a dependency on the chart.
fn chart(name: &str, more: &str) -> String {
    format!(
        "apiVersion: v2
name: {name}
version: 0.1.0
dependencies:
  - name: openmetadata
    version: 1.12.4
{more}"
    )
}

const PUBLISHED: &str = "    repository: https://helm.open-metadata.org\n";

/// What is said of the default key pair: the path and the text at the place.
fn key_pair(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let (_folder, scan) = support::scanned(files);
    let found = scan.findings.iter().filter(|finding| finding.rule == "jwt-default-key-pair");
    found
        .map(|finding| {
            let span = finding.primary.span;
            let source = scan.sources.get(span.source);
            let text = &source.text[span.start as usize..span.end as usize];
            (source.path.clone(), text.to_owned())
        })
        .collect()
}

fn at(path: &str, text: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), text.to_owned())]
}

#[test]
fn values_that_say_nothing_of_the_configuration_leave_it_to_the_chart() {
    let chart = chart("platform", PUBLISHED);
    let found = key_pair(&[("Chart.yaml", &chart), ("values.yaml", VALUES)]);
    assert_eq!(found, at("values.yaml", "openmetadata"));
    let chart = format!("{chart}    alias: openmetadata-catalog\n");
    let values = VALUES.replace("openmetadata:", "openmetadata-catalog:");
    let found = key_pair(&[("Chart.yaml", &chart), ("values.yaml", &values)]);
    assert_eq!(found, at("values.yaml", "openmetadata-catalog"));
}

/// The chart's own image says nothing of where its configuration begins.
#[test]
fn what_nobody_set_is_shown_at_the_charts_key_whatever_stands_below_it() {
    let chart = chart("shop", PUBLISHED);
    let values = "openmetadata:\n  replicaCount: 2\n  image: {pullPolicy: IfNotPresent}\n";
    let found = key_pair(&[("Chart.yaml", &chart), ("values.yaml", values)]);
    assert_eq!(found, at("values.yaml", "openmetadata"));
}

#[test]
fn a_key_of_that_name_without_the_chart_says_nothing() {
    assert!(key_pair(&[("values.yaml", VALUES)]).is_empty());
    // A chart of the same name from elsewhere may be anything.
    let chart = chart("platform", "    repository: file://../openmetadata\n");
    assert!(key_pair(&[("Chart.yaml", &chart), ("values.yaml", VALUES)]).is_empty());
}

#[test]
fn a_chart_that_is_switched_off_is_not_judged() {
    let chart =
        chart("platform", &format!("{PUBLISHED}    condition: tags.x, openmetadata.enabled\n"));
    let whole = format!("{VALUES}  openmetadata: {{ config: {{ clusterName: x }} }}\n");
    for text in [VALUES, whole.as_str()] {
        let off = format!("{text}  enabled: false\n");
        assert!(key_pair(&[("Chart.yaml", &chart), ("values.yaml", &off)]).is_empty(), "{off}");
        let files = [
            ("Chart.yaml", chart.as_str()),
            ("values.yaml", off.as_str()),
            ("values-prod.yaml", "openmetadata:\n  enabled: true\n"),
        ];
        assert_eq!(key_pair(&files).len(), 1, "{off}");
    }
}

#[test]
fn a_chart_that_is_called_like_the_one_it_takes_in_is_not_that_chart() {
    let files = |dependency: &str| {
        let values = "openmetadata:\n  openmetadata:\n    config:\n      clusterName: prod\n";
        let chart = format!("apiVersion: v2\nname: openmetadata\nversion: 1.0.0\n{dependency}");
        key_pair(&[("Chart.yaml", &chart), ("values.yaml", values)])
    };
    assert_eq!(
        files("dependencies: [{name: openmetadata, version: 1.12.4}]\n"),
        at("values.yaml", "config")
    );
    assert!(files("").is_empty());
}

/// Helm lays the values of an outer chart over those of a chart that it takes in, one in the same
/// repository, too.
#[test]
fn the_values_of_the_chart_above_are_laid_over_an_umbrellas() {
    let inner = chart("metadata", PUBLISHED);
    let values = "openmetadata:\n  openmetadata:\n    config:\n      jwtTokenConfiguration:\n        \
                  rsapublicKeyFilePath: ./conf/public_key.der\n        keyId: own\n";
    let outer = |repository: &str| {
        format!(
            "apiVersion: v2\nname: stack\nversion: 0.1.0\ndependencies:\n  - name: metadata\n    \
             version: 0.1.0\n    alias: md\n    condition: md.enabled\n    repository: {repository}\n"
        )
    };
    let over = |path: &str| {
        format!(
            "md:\n  openmetadata:\n    openmetadata:\n      config:\n        \
             jwtTokenConfiguration: {{rsapublicKeyFilePath: {path}}}\n"
        )
    };
    let default = over("/opt/openmetadata/conf/public_key.der");
    let own = over("/keys/public_key.der");
    for (folder, repository) in
        [("stack/charts/metadata", "''"), ("charts/metadata", "file://../charts/metadata")]
    {
        let (chart, own_values) = (format!("{folder}/Chart.yaml"), format!("{folder}/values.yaml"));
        let outer = outer(repository);
        let files = |more: &'static str, top: &str, last: Option<&str>| {
            let top = format!("{top}{more}");
            let mut files = vec![
                (chart.as_str(), inner.as_str()),
                (own_values.as_str(), values),
                ("stack/Chart.yaml", outer.as_str()),
                ("stack/values.yaml", top.as_str()),
            ];
            files.extend(last.map(|text| ("stack/values-prod.yaml", text)));
            key_pair(&files)
        };
        let place = "/opt/openmetadata/conf/public_key.der";
        assert_eq!(files("", &default, None), at("stack/values.yaml", place), "{folder}");
        assert!(files("", &own, None).is_empty(), "{folder}");
        assert_eq!(files("", &own, Some(&default)), at("stack/values-prod.yaml", place));
        assert!(files("  enabled: false\n", &default, None).is_empty(), "{folder}");
        // A chart that says nothing of it leaves it what it is.
        let alone = files("", "web: {replicas: 2}\n", None);
        assert_eq!(alone, at(&own_values, "./conf/public_key.der"));
    }
}

/// A chart in a chart in a chart, alone and as an Application names the outermost.
#[test]
fn the_values_of_all_charts_above_count() {
    let around = |name: &str, inner: &str| {
        format!(
            "apiVersion: v2\nname: {name}\nversion: 0.1.0\ndependencies:\n  - {{name: {inner}, version: \
             0.1.0, repository: 'file://../{inner}'}}\n"
        )
    };
    let innermost = chart("catalogue", PUBLISHED);
    let (data, platform) = (around("data", "catalogue"), around("platform", "data"));
    let path = |path: &str| {
        format!(
            "openmetadata: {{openmetadata: {{config: {{jwtTokenConfiguration: {{rsapublicKeyFilePath: {path}}}}}}}}}"
        )
    };
    let default = "./conf/public_key.der";
    let (own, wanted) = (path("/keys/own.der"), path(default));
    let outer = format!("data: {{catalogue: {{{wanted}}}}}\n");
    let files = |more: &[(&'static str, &str)]| {
        let mut files = vec![
            ("catalogue/Chart.yaml", innermost.as_str()),
            ("catalogue/values.yaml", own.as_str()),
            ("data/Chart.yaml", data.as_str()),
            ("data/values.yaml", "catalogue: {}\n"),
            ("platform/Chart.yaml", platform.as_str()),
            ("platform/values.yaml", outer.as_str()),
        ];
        files.extend(more);
        key_pair(&files)
    };
    assert_eq!(files(&[]), at("platform/values.yaml", default));
    let application = |path: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: openmetadata}}\nspec:\n  \
             source:\n    path: platform\n    helm:\n      parameters:\n        - {{name: \
             data.catalogue.openmetadata.openmetadata.config.jwtTokenConfiguration.rsapublicKeyFilePath, \
             value: {path}}}\n"
        )
    };
    let (theirs, shipped) = (application("/keys/top.der"), application("conf/public_key.der"));
    assert!(files(&[("app.yaml", &theirs)]).is_empty());
    assert_eq!(files(&[("app.yaml", &shipped)]), at("app.yaml", "conf/public_key.der"));
}

/// Charts before 1.1.0 read `global`, which a chart above may write below their key.
#[test]
fn the_old_layout_may_stand_below_the_key_of_the_dependency() {
    let chart = "name: data\nversion: 0.1.0\ndependencies:\n  - {name: openmetadata, version: 0.0.40, repository: 'https://helm.open-metadata.org'}\n";
    let values = "openmetadata:
  global:
    authorizer:
      className: org.openmetadata.service.security.NoopAuthorizer
      initialAdmins: [admin, kim]
";
    let place = support::folder(&[("Chart.yaml", chart), ("values.yaml", values)]);
    let out = support::omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains("values.yaml:4:18: critical[auth-noop-authorizer]"), "{out}");
    assert!(out.contains("values.yaml:5:23: high[admin-default-principal]"), "{out}");
}

/// Values of the services beside the server need not say its name.
#[test]
fn values_of_the_dependencies_are_known_by_the_files_name() {
    let values = "airflow:
  airflow:
    users: [{username: admin, password: admin, role: Admin}]
mysql: {enabled: false}
";
    let place = support::folder(&[("deps-values.yaml", values), ("other.yaml", values)]);
    let out = support::omlint(place.path(), &["check", ".", "--format", "concise"]).out;
    assert!(out.contains("deps-values.yaml:3:41: high[airflow-default-credentials]"), "{out}");
    assert!(!out.contains("other.yaml"), "{out}");
}
