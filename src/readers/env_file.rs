//! Environment files that no compose file claims: a server's environment by themselves.

use crate::deployment::catalogue::Catalogue;
use crate::deployment::environment::{Environment, Fallback, Lack, Unseen};
use crate::deployment::evidence::Evidence;
use crate::deployment::value::Origin;
use crate::deployment::version::Confidence;
use crate::deployment::{Basics, Deployment, Kind, Notation};
use crate::source::{SourceId, Sources, Span};
use crate::syntax::dotenv::Entry;

use super::compose::{self, Context};
use super::interpolation::Variables;
use super::{Companions, Input, Want};

/// A changed environment file is judged with the compose file beside it; `COMPOSE_FILE` says
/// which files those are.
pub(super) fn wants(entries: &[Entry]) -> Vec<Want> {
    let listed = entries.iter().filter(|entry| entry.key == "COMPOSE_FILE");
    let listed = listed.filter_map(|entry| entry.value.as_ref());
    let mut wants: Vec<Want> = listed
        .flat_map(|value| value.text.split([':', ';']))
        .map(|path| Want::File(path.trim().to_owned()))
        .collect();
    wants.push(Want::Beside(Companions::Compose));
    wants
}

/// Whether the file holds an OpenMetadata server's variables, not only a client's.
pub(super) fn is_server_environment(
    input: &Input,
    sources: &Sources,
    catalogue: &Catalogue,
) -> bool {
    tells(input, sources, catalogue) || are_credentials(input, sources, catalogue)
}

/// Whether the file holds only what a server signs in and encrypts with: the rest of its
/// environment stands elsewhere.
fn are_credentials(input: &Input, sources: &Sources, catalogue: &Catalogue) -> bool {
    let source = sources.get(input.source);
    let named = super::telltales::names_product(&source.text)
        || super::telltales::names_product(&source.path);
    let mut variables = Variables::default();
    variables.read(&[input], sources, &Variables::default());
    let texts =
        variables.iter().map(|(name, known)| (name.as_str(), known.text.unquoted().outline()));
    catalogue.are_credentials(texts, named)
}

fn tells(input: &Input, sources: &Sources, catalogue: &Catalogue) -> bool {
    let source = sources.get(input.source);
    let telltales = catalogue.telltales(input.entries().iter().map(|entry| entry.key.as_str()));
    let named = super::telltales::names_product(&source.text);
    let file_named = super::telltales::names_product(&source.path);
    // Names that others have, too, tell of OpenMetadata if the way to sign in is one of its own.
    let provider = || {
        let mut entries = input.entries().iter();
        let entry = entries.find(|entry| entry.key == "AUTHENTICATION_PROVIDER")?;
        Some(entry.value.as_ref()?.text.trim().to_owned())
    };
    let is_own_provider = || provider().is_some_and(|p| catalogue.groups["providers"].contains(&p));
    match (telltales.own, telltales.common) {
        (0, common) if file_named => common >= 2,
        (0, common) => (common >= 4 || common == 3 && named) && is_own_provider(),
        (1, 0) => named || file_named,
        _ => true,
    }
}

/// The environment that the files set, the later over the earlier.
pub(super) fn environment(context: &Context<'_>, inputs: &[&Input]) -> Environment {
    let mut variables = Variables::none(context.catalogue);
    variables.read(inputs, context.sources, &Variables::default());
    let mut environment = Environment::default();
    for (name, known) in variables.iter() {
        environment.set(name.clone(), known.variable(1));
    }
    environment
}

/// The deployment that the files describe, the later over the earlier.
pub(super) fn read(context: &Context<'_>, inputs: &[&Input]) -> Deployment {
    let mut environment = environment(context, inputs);
    let main = inputs[0];
    let place = main.entries().first().map_or(Span::new(main.source, 0..0), |entry| {
        Span::new(main.source, entry.key_range.clone())
    });
    let layers: Vec<SourceId> = inputs.iter().map(|input| input.source).collect();
    let version = compose::version(context, &layers, None);
    let fallback = Fallback {
        version: version.version,
        confidence: Confidence::Medium,
        place: &|_| Origin { span: Some(place), ..Origin::default() },
    };
    let (sources, catalogue) = (context.sources, context.catalogue);
    let is_share = inputs.iter().any(|input| are_credentials(input, sources, catalogue));
    if is_share && !inputs.iter().any(|input| tells(input, sources, catalogue)) {
        let name = "the rest of the environment".to_owned();
        environment.unseen.push(Unseen {
            name,
            span: place,
            rank: 0,
            prefix: String::new(),
            lack: Lack::Missing,
        });
    }
    let settings = environment.settings(context.catalogue, &fallback);
    let mut evidence = Evidence::default();
    for input in inputs {
        let problems = super::problems(input, context.sources, context.catalogue);
        evidence.problems.extend_from_slice(problems);
    }
    let paths: Vec<&str> =
        inputs.iter().map(|input| context.sources.get(input.source).path.as_str()).collect();
    let basics = Basics {
        id: format!("env:{}", paths.join("+")),
        kind: Kind::Environment,
        version,
        sources: layers.clone(),
        notation: Notation::Assignment,
    };
    let mut deployment = Deployment::new(basics, settings, evidence);
    // Which service a general name is for cannot be told, so only the telling ones count.
    for (id, value) in environment.all_beside(context.catalogue, "", None) {
        deployment.add_beside(id, value);
    }
    deployment.variables = environment.places();
    deployment.assignments = deployment.sources.clone();
    deployment.unseen = environment.unseen.into_iter().map(Unseen::told).collect();
    deployment.layers = layers;
    deployment.illustrative = context.sources.get(main.source).illustrative;
    deployment
}
