//! Compiles the log's protobuf with protox: no `protoc` on the machine is needed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../schemas/proto";
    println!("cargo:rerun-if-changed={root}/tidemark/v1/posts.proto");
    let files = protox::compile(["tidemark/v1/posts.proto"], [root])?;
    tonic_prost_build::configure().build_client(false).build_server(false).compile_fds(files)?;
    Ok(())
}
