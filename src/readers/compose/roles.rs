//! Which service is the OpenMetadata server, which its migration job, and which stands beside them.

use crate::deployment::environment::Environment;
use crate::deployment::evidence::{Neighbour, is_server};

use super::super::telltales;
use super::Reader;
use super::files::texts;
use super::services::Service;

impl<'a> Reader<'a, '_> {
    pub(super) fn is_server(&self, service: &Service<'a>, environment: &Environment) -> bool {
        let image = self.image(service);
        let names = environment.variables.keys().map(String::as_str);
        let repository = image.as_ref().map_or("", |image| image.repository.as_str());
        let named = [service.name.as_str(), repository].into_iter().any(telltales::names_product);
        is_server(self.context.catalogue, image.as_ref(), names, named)
    }

    pub(super) fn is_migration(&self, service: &Service<'a>) -> bool {
        [service.name.as_str(), &self.command_text(service)]
            .into_iter()
            .any(telltales::is_operation)
    }

    /// What stands beside the server.
    pub(super) fn neighbour(&self, service: &Service<'a>) -> Neighbour {
        Neighbour {
            name: service.name.clone(),
            image: self.image(service).map(|image| image.repository),
            mounts: self.mounts(service).0,
        }
    }

    fn command_text(&self, service: &Service<'a>) -> String {
        ["command", "entrypoint"]
            .iter()
            .filter_map(|key| self.attribute(service, key))
            .map(|(_, node)| texts(Some(node)).join(" "))
            .collect::<Vec<_>>()
            .join(" ")
    }
}
