//! What can go wrong, and the one table that says how each door puts it.

use actix_web::http::StatusCode;
use std::net::{AddrParseError, IpAddr, SocketAddr};

/// Why the doors cannot be opened or had to close.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The setting `serve.host` is no IP address.
    #[error("serve.host is {host:?}, which is no IP address: use 127.0.0.1, or 0.0.0.0 to be reachable from outside")]
    Host {
        /// What stands there.
        host: String,
        /// Why it is none.
        source: AddrParseError,
    },
    /// Listening beyond this machine needs a key.
    #[error(
        "serve.host is {host}, which other machines can reach, and there is no admin key: set one, or use 127.0.0.1"
    )]
    OpenWithoutKey {
        /// The address.
        host: IpAddr,
    },
    /// The port cannot be had.
    #[error("cannot listen on {address}: is another tidemark running? Stop it, or set serve.{setting} to another port")]
    Bind {
        /// The address and port.
        address: SocketAddr,
        /// The setting that names the port.
        setting: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP server failed as a whole.
    #[error("the HTTP server stopped")]
    Http(#[source] std::io::Error),
    /// The gRPC server failed as a whole.
    #[error("the gRPC server stopped")]
    Grpc(#[source] tonic::transport::Error),
    /// The gRPC port could not be handed to the runtime.
    #[error("the gRPC port could not be opened")]
    GrpcListen(#[source] std::io::Error),
    /// Reflection could not be set up from the compiled descriptors.
    #[error("the gRPC descriptors cannot be read")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Why one question has no answer. Every variant says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The question cannot be understood.
    #[error("{0}; the parameters are listed in /api/v1/openapi.json")]
    Malformed(String),
    /// A parameter's value is none that it can have.
    #[error("{parameter} is {value:?}: {expected}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The lake holds nothing under that name.
    #[error("there is no {what} {value:?}: /api/v1/catalogue lists what there is")]
    Unknown {
        /// Source, region, language or marker.
        what: &'static str,
        /// What was asked for.
        value: String,
    },
    /// No such address.
    #[error("nothing answers at this address: the page is at /, the interface is described in /api/v1/openapi.json")]
    NoSuchPath,
    /// The address does not answer to this method.
    #[error("this address is asked in another way: the header `allow` says how")]
    Method,
    /// The request was addressed to a name that is not this machine's (a defence against DNS rebinding).
    #[error("this server answers to localhost only: open it under 127.0.0.1, or set serve.host")]
    ForeignHost,
    /// The key is missing or wrong.
    #[error(
        "the admin key is missing or wrong: send it as `Authorization: Bearer KEY`, or as the password of any user"
    )]
    Key,
    /// The answer took too long.
    #[error("the answer took longer than {seconds} s: ask for fewer days, or again when less is being loaded")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// The lake could not be read.
    #[error("the lake cannot be read: run `tidemark doctor`")]
    Lake(#[from] tidemark_query::Error),
    /// A fault of ours.
    #[error("the server failed on this question: its log says why")]
    Internal,
}

/// How a problem is put at each door.
pub(crate) struct Put {
    /// The last part of the problem's type, `urn:tidemark:problem:…`.
    pub(crate) name: &'static str,
    /// What kind of problem it is, the same for every occurrence.
    pub(crate) title: &'static str,
    /// For HTTP.
    pub(crate) http: StatusCode,
    /// For gRPC.
    pub(crate) grpc: tonic::Code,
}

impl Problem {
    /// The table.
    pub(crate) const fn put(&self) -> Put {
        use tonic::Code;
        let (name, title, http, grpc) = match self {
            Self::Malformed(_) | Self::Parameter { .. } => {
                ("parameter", "A parameter is wrong", StatusCode::BAD_REQUEST, Code::InvalidArgument)
            }
            Self::Unknown { .. } => ("unknown", "No such series", StatusCode::NOT_FOUND, Code::NotFound),
            Self::NoSuchPath => ("path", "No such address", StatusCode::NOT_FOUND, Code::Unimplemented),
            Self::Method => ("method", "Not this method", StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented),
            Self::ForeignHost => ("host", "Not this machine", StatusCode::FORBIDDEN, Code::PermissionDenied),
            Self::Key => ("key", "The admin key is needed", StatusCode::UNAUTHORIZED, Code::Unauthenticated),
            Self::TooSlow { .. } => ("slow", "Too slow", StatusCode::SERVICE_UNAVAILABLE, Code::DeadlineExceeded),
            Self::Lake(_) => ("lake", "The lake cannot be read", StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable),
            Self::Internal => ("internal", "A fault of the server", StatusCode::INTERNAL_SERVER_ERROR, Code::Internal),
        };
        Put { name, title, http, grpc }
    }
}

impl From<Problem> for tonic::Status {
    fn from(problem: Problem) -> Self {
        Self::new(problem.put().grpc, problem.to_string())
    }
}
