//! HelmCharts of K3s. Knows nothing of what the values mean.

use crate::syntax::yaml::{Node, Tree};

use super::super::compose::Context;
use super::super::manifests::Part;
use super::super::{Input, Role, telltales};
use super::release::{Held, Parameter, Release, Values};
use super::{at, items, text};

pub(super) fn release<'a>(
    context: &Context<'a>,
    input: &'a Input,
    name: &str,
    spec: Node<'a>,
) -> Release<'a> {
    let anchor = spec.get("chart").map(|entry| entry.key);
    let mut release = Release::new(input, name, anchor);
    if text(spec, "chart").is_some_and(telltales::is_chart) {
        release.set_chart(at(spec, "version"));
    } else {
        release.outer = at(spec, "chart");
    }
    release.inline = spec.get("valuesContent").map(|entry| entry.key);
    release.values.extend(spec.get("valuesContent").map(|entry| Values::Text(entry.value)));
    release.values.extend(at(spec, "values").map(Values::Inline));
    for held in items(spec, "valuesSecrets") {
        let Some(name) = held.get("name") else { continue };
        let keys = items(held, "keys").into_iter().filter_map(|key| key.text());
        release.values.extend(keys.map(|key| {
            Values::Held(Held {
                is_secret: true,
                place: name.value,
                name: name.value.text().unwrap_or_default().to_owned(),
                key: key.to_owned(),
                target: None,
            })
        }));
    }
    for part in configurations(context, name) {
        release.values.extend(part.get("valuesContent").map(Values::TextPart));
        release.values.extend(part.get("values").map(Values::Part));
    }
    let set = spec.get("set").map(|entry| entry.value.pairs()).unwrap_or_default();
    release.parameters.extend(set.into_iter().map(|(name, value)| Parameter {
        name,
        value: Some(value),
        is_text: false,
    }));
    release
}

/// What HelmChartConfigs lay over the values of a chart of their name.
fn configurations<'a>(context: &Context<'a>, name: &str) -> Vec<Part<'a>> {
    let inputs = context.inputs.iter().filter(|input| input.role == Role::Manifests);
    let roots = inputs.flat_map(|input| {
        let roots = input.tree().into_iter().flat_map(Tree::documents);
        roots.map(|node| Part { node, source: input.source })
    });
    let is_it = |part: &Part<'a>| {
        part.text("kind") == Some("HelmChartConfig")
            && part.get("metadata").and_then(|it| it.text("name")) == Some(name)
    };
    roots.filter(is_it).filter_map(|part| part.get("spec")).collect()
}
