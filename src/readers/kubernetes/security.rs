//! What the manifest lets the server's container do to its node: the settings that stand in
//! `securityContext`.

use crate::deployment::Deployment;
use crate::deployment::catalogue::Setting;
use crate::deployment::value::{Fragment, Value};
use crate::syntax::yaml::Node;

use super::super::manifests::{Container, Part, Workload};
use super::super::scalar;
use super::Server;

impl<'a> Server<'a, '_> {
    pub(super) fn take_security(
        &self,
        deployment: &mut Deployment,
        workload: &Workload<'a>,
        container: &Container<'a>,
    ) {
        for (id, setting) in self.context.catalogue.iter() {
            if !setting.manifest.is_empty() {
                let value = self.security(deployment, setting, workload, container);
                deployment.set_value(id, value);
            }
        }
    }

    fn security(
        &self,
        deployment: &Deployment,
        setting: &Setting,
        workload: &Workload<'a>,
        container: &Container<'a>,
    ) -> Value {
        if workload.hidden_security || !workload.unapplied.is_empty() {
            return Value::unseen("a patch that was not applied", container.security_place);
        }
        for path in &setting.manifest {
            let (layers, path) = match path.split_once('.') {
                Some(("container", path)) => (&container.security, path),
                Some(("pod", path)) => (&workload.security, path),
                _ => continue,
            };
            let keys: Vec<&str> = path.split('.').collect();
            if let Some(part) = layers.iter().rev().find_map(|layer| layer.at(&keys)) {
                return self.written(setting, part);
            }
        }
        let version = deployment.version.version;
        match setting.chart_default(version).and_then(|entry| entry.value.as_deref()) {
            Some(text) => Value::default(setting.kind, text, container.security_place),
            None => Value::absent(),
        }
    }

    fn written(&self, setting: &Setting, part: Part<'a>) -> Value {
        let raw = &self.context.sources.get(part.source).text;
        let fragment = |node: Node<'a>| scalar::fragment(part.source, raw, node);
        let items = part.node.is_seq().then(|| {
            let items = part.node.items().into_iter();
            items.map(|item| fragment(item.resolved())).collect::<Vec<Fragment>>()
        });
        Value::written(setting.kind, fragment(part.node), items, part.span())
    }
}
