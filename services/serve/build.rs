//! Compiles the gRPC door's protobuf with protox (no `protoc` on the machine is needed) and makes sure that there is
//! a page to embed: where dashboards/web has not been built, one that says how to build it.

use prost::Message;
use std::{error::Error, fs, path::Path};

const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Tidemark</title>
<h1>The page is not built</h1>
<p>The server runs; its REST interface is at <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>
<p>To build the page, run <code>make web</code>, then start again.</p>
</html>
";

fn main() -> Result<(), Box<dyn Error>> {
    let root = "../../schemas/proto";
    println!("cargo:rerun-if-changed={root}/tidemark/v1/api.proto");
    let files = protox::compile(["tidemark/v1/api.proto"], [root])?;
    let out = std::env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(files)?;

    let dist = Path::new("../../dashboards/web/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        fs::create_dir_all(dist)?;
        fs::write(&index, PLACEHOLDER)?;
        // Older than every source, so that make still sees that the page is to be built.
        fs::File::options().write(true).open(&index)?.set_modified(std::time::SystemTime::UNIX_EPOCH)?;
    }
    println!("cargo:rerun-if-changed={}", dist.display());
    Ok(())
}
