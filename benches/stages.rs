//! Times the parts of a run that grow with what is scanned: `cargo bench`. For the whole program
//! against another on the same files there is `benches/compare`.

use divan::Bencher;
use divan::counter::BytesCount;
use omlint::config::Loaded;
use omlint::syntax::yaml;
use omlint::{Request, scan};

fn main() {
    divan::main();
}

/// A compose file with a server and so many other services.
fn compose(services: usize) -> String {
    let mut text = String::from(
        "services:\n  openmetadata-server:\n    image: docker.getcollate.io/openmetadata/server:1.11.4\n    environment:\n      AUTHENTICATION_PROVIDER: basic\n",
    );
    for number in 0..services {
        text.push_str(&format!(
            "  other-{number}:\n    image: nginx:{number}\n    environment:\n      A_{number}: ${{B:-c}}\n"
        ));
    }
    text
}

#[divan::bench(args = [10, 100, 1000, 10_000])]
fn yaml_tree(bencher: Bencher<'_, '_>, services: usize) {
    let text = compose(services);
    bencher.counter(BytesCount::of_str(&text)).bench(|| yaml::parse(&text));
}

/// The whole of `check` but for its report. What is built in is decoded before.
#[divan::bench(args = [10, 100, 1000, 10_000])]
fn one_compose_file(bencher: Bencher<'_, '_>, services: usize) {
    let text = compose(services);
    let request = Request {
        paths: Vec::new(),
        stdin: Some(("docker-compose.yml".to_owned(), text.clone().into_bytes())),
        base: std::env::temp_dir(),
        no_ignore: false,
        env_files: Vec::new(),
        helm_values: Vec::new(),
        config: Loaded::default(),
        now: 0,
        inline_waivers: true,
    };
    bencher.counter(BytesCount::of_str(&text)).bench(|| scan(&request));
}
