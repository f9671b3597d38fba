//! The image that a service runs: named, or built from a Dockerfile that is in scope.

use std::rc::Rc;

use crate::deployment::evidence::{Image, is_official_repository};
use crate::deployment::value::GAP;
use crate::source::SourceId;
use crate::syntax::yaml::Node;

use super::super::dockerfile::{self, Built};
use super::super::{join, scalar};
use super::Reader;
use super::files::plain;
use super::services::Service;

impl<'a> Reader<'a, '_> {
    /// The folder that an image is built from, and its Dockerfile.
    fn build_paths(&self, service: &Service<'a>) -> Option<(String, String)> {
        if service.image_file.is_some() {
            return service.image_file.clone();
        }
        let (layer, node) = self.attribute(service, "build")?;
        let text = |node: Node<'a>| node.text().map(|text| plain(&layer.variables, text));
        let context = text(node).or_else(|| text(node.get("context")?.value));
        let context = join(&layer.folder, &context.unwrap_or_default());
        let name = node.get("dockerfile").and_then(|entry| text(entry.value));
        let folder = if context.is_empty() { String::new() } else { format!("{context}/") };
        let file = join(&folder, name.as_deref().unwrap_or("Dockerfile"));
        Some((folder, file))
    }

    /// What the image is built of, where its Dockerfile is shown.
    pub(super) fn built(&self, service: &Service<'a>) -> Option<(String, SourceId, Rc<Built>)> {
        let (folder, file) = self.build_paths(service)?;
        let input = dockerfile::find(self.context.inputs, &file)?;
        let mut known = self.built.borrow_mut();
        let read = || Rc::new(dockerfile::read(input, self.context.sources));
        let built = known.entry(input.source).or_insert_with(read);
        Some((folder, input.source, Rc::clone(built)))
    }

    pub(super) fn image(&self, service: &Service<'a>) -> Option<Image> {
        if let Some((mut from, span)) =
            self.built(service).and_then(|(_, _, built)| built.from.clone())
        {
            // What the service hands to the build may be another image's name.
            let build = self.attribute(service, "build");
            if build.is_some_and(|(_, node)| node.get("args").is_some()) {
                from = self.source(span.source).text[span.range()].to_owned();
            }
            let text = from.split('@').next().unwrap_or("");
            let (repository, tag) = match text.rsplit_once(':') {
                Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
                _ => (text, None),
            };
            return Some(Image {
                official: is_official_repository(repository),
                repository: repository.to_owned(),
                tag: tag.filter(|tag| !tag.contains('$')).map(str::to_owned),
                floating: (!from.contains(['@', '$'])).then(|| tag.unwrap_or("").to_owned()),
                span,
            });
        }
        let (layer, node) = self.attribute(service, "image")?;
        let (fragment, _) = self.expand(&layer, node);
        let outline = fragment.outline();
        let text = outline.split('@').next().unwrap_or("").trim();
        let (repository, tag) = match text.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (text, None),
        };
        let official = if repository.contains(GAP) {
            // An unknown registry before a known path is a registry like any other.
            repository.rsplit(GAP).next().is_some_and(is_official_repository)
        } else {
            is_official_repository(repository)
        };
        // What is built here is not taken from elsewhere, whatever it is called.
        let is_taken = self.attribute(service, "build").is_none();
        let is_open = !outline.contains('@') && !tag.unwrap_or(repository).contains(GAP);
        Some(Image {
            floating: (is_taken && is_open).then(|| tag.unwrap_or("").to_owned()),
            repository: repository.replace(GAP, "…"),
            tag: tag.filter(|tag| !tag.contains(GAP) && !tag.is_empty()).map(str::to_owned),
            official,
            span: scalar::span(layer.source, node),
        })
    }
}
