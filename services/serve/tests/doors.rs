//! Both doors over a lake: what is answered, what is refused and how, and who may ask.
#![allow(clippy::unwrap_used)]

mod shared;

use reqwest::StatusCode;
use serde_json::Value;
use shared::{get, open_empty};
use tidemark_serve::proto::{self, tidemark_client::TidemarkClient};
use tonic::transport::{Channel, Endpoint};
use tonic_reflection::pb::v1::{
    self, server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tonic_reflection::pb::v1alpha::{
    self, server_reflection_request::MessageRequest as MessageRequestBefore,
    server_reflection_response::MessageResponse as MessageResponseBefore,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_answers_that_there_is_nothing_yet() {
    let open = open_empty().await;
    let (status, health) = get(&open, "/api/v1/health").await;
    assert_eq!((status, &health["status"]), (StatusCode::OK, &Value::from("ok")));
    let (_, catalogue) = get(&open, "/api/v1/catalogue").await;
    assert_eq!(catalogue, serde_json::json!({"min_units": 11, "sources": []}));
    let (_, alerts) = get(&open, "/api/v1/alerts").await;
    assert_eq!(alerts, serde_json::json!({"alerts": []}));
    let (_, signals) = get(&open, "/api/v1/signals").await;
    assert_eq!(signals, serde_json::json!({"signals": [], "judged": []}));
    let (status, said) = get(&open, "/api/v1/status").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(said["ledger"]["read"], 0);
    assert_eq!(said["broker"], serde_json::json!({"reachable": false, "detail": "start the broker"}));
    assert_eq!(said["loads"][0]["rows_total"], 200);
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_refused_as_a_problem_that_says_what_to_do() {
    let open = open_empty().await;
    let cases = [
        ("/api/v1/series?source=a&marker=b&colour=red", 400, "urn:tidemark:problem:parameter", "colour"),
        ("/api/v1/series?marker=b", 400, "urn:tidemark:problem:parameter", "source"),
        (
            "/api/v1/series?source=a&marker=b&period=week",
            400,
            "urn:tidemark:problem:parameter",
            "day, epiweek or isoweek",
        ),
        ("/api/v1/series?source=a&marker=b&from=1.1.2026", 400, "urn:tidemark:problem:parameter", "YYYY-MM-DD"),
        ("/api/v1/series?source=a&marker=b&as_of=now", 400, "urn:tidemark:problem:parameter", "2026-11-21T12:00:00Z"),
        ("/api/v1/alerts?state=shut", 400, "urn:tidemark:problem:parameter", "open or resolved"),
        ("/api/v1/signals?kind=alert", 400, "urn:tidemark:problem:parameter", "data_quality or marker"),
        ("/api/v1/signals?source=a", 404, "urn:tidemark:problem:unknown", "/api/v1/catalogue"),
        ("/api/v1/status?x=1", 400, "urn:tidemark:problem:parameter", "x"),
        ("/api/v1/series?source=a&marker=b", 404, "urn:tidemark:problem:unknown", "/api/v1/catalogue"),
        ("/api/v1/feed-health?source=a", 404, "urn:tidemark:problem:unknown", "/api/v1/catalogue"),
        ("/api/v1/sereis", 404, "urn:tidemark:problem:path", "openapi.json"),
        ("/no/such/page", 404, "urn:tidemark:problem:path", "openapi.json"),
    ];
    for (address, status, kind, word) in cases {
        let response = reqwest::get(format!("{}{address}", open.http)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{address}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{address}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], kind, "{address}");
        assert_eq!(problem["status"], status, "{address}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{address}: {detail}");
    }
    let post = reqwest::Client::new().post(format!("{}/api/v1/alerts", open.http)).body("{}").send().await.unwrap();
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(post.headers()["allow"], "GET, HEAD");
    let long = format!("{}/api/v1/series?source={}&marker=b", open.http, "a".repeat(5000));
    assert_eq!(reqwest::get(long).await.unwrap().status(), StatusCode::BAD_REQUEST);
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let open = open_empty().await;
    for address in ["/", "/api/v1/health", "/api/v1/nothing", "/metrics", "/api/v1/series"] {
        let response = reqwest::get(format!("{}{address}", open.http)).await.unwrap();
        let head = response.headers();
        assert!(head["content-security-policy"].to_str().unwrap().contains("default-src 'none'"), "{address}");
        assert_eq!(head["x-content-type-options"], "nosniff", "{address}");
        assert_eq!(head["referrer-policy"], "no-referrer", "{address}");
    }
    let page = reqwest::get(format!("{}/", open.http)).await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let version = page.headers()["etag"].clone();
    let again = reqwest::Client::new().get(format!("{}/", open.http)).header("if-none-match", version).send().await;
    assert_eq!(again.unwrap().status(), StatusCode::NOT_MODIFIED);
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_this_machines_is_refused() {
    let open = open_empty().await;
    let ask = reqwest::Client::new().get(format!("{}/api/v1/health", open.http)).header("host", "evil.example:8377");
    assert_eq!(ask.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_this_machine_every_door_asks_for_the_key() {
    let open = shared::open_to_network("open sesame").await;
    let client = reqwest::Client::new();
    for address in ["/", "/api/v1/catalogue", "/metrics"] {
        let url = format!("{}{address}", open.http);
        let refused = client.get(&url).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{address}");
        assert!(refused.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"), "{address}");
        assert_eq!(client.get(&url).bearer_auth("open sesame").send().await.unwrap().status(), StatusCode::OK);
        assert_eq!(
            client.get(&url).basic_auth("me", Some("open sesame")).send().await.unwrap().status(),
            StatusCode::OK
        );
    }
    let mut grpc = TidemarkClient::connect(open.grpc.clone()).await.unwrap();
    let refused = grpc.get_health(proto::GetHealthRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    let mut request = tonic::Request::new(proto::GetHealthRequest {});
    request.metadata_mut().insert("authorization", "Bearer open sesame".parse().unwrap());
    assert_eq!(grpc.get_health(request).await.unwrap().into_inner().status, "ok");
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_it_does_not_open_to_the_network_and_a_taken_port_is_named() {
    let (_folder, handed) = shared::handed(None).await;
    let settings = tidemark_serve::Settings { host: "0.0.0.0".to_owned(), port: 0, grpc_port: 0, ..Default::default() };
    let error = tidemark_serve::Server::bind(handed, &settings).err().unwrap().to_string();
    assert!(error.contains("admin key"), "{error}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (_folder, handed) = shared::handed(None).await;
    let settings = tidemark_serve::Settings { port, grpc_port: 0, ..Default::default() };
    let error = tidemark_serve::Server::bind(handed, &settings).err().unwrap().to_string();
    assert!(error.contains(&port.to_string()) && error.contains("another port"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interface_describes_itself_and_counts_what_it_answers() {
    let open = open_empty().await;
    let (_, description) = get(&open, "/api/v1/openapi.json").await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    for path in ["health", "status", "catalogue", "series", "forecasts", "alerts", "signals", "feed-health"] {
        assert!(description["paths"][format!("/api/v1/{path}")]["get"].is_object(), "{path}");
    }
    let names: Vec<_> = description["paths"]["/api/v1/series"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["source", "region", "language", "marker", "period", "from", "to", "as_of"]);
    let point = &description["components"]["schemas"]["Point"]["properties"];
    for column in ["reliability", "baseline", "z", "ratio", "adjusted", "weighted_upper", "value_with_bots", "suspect"]
    {
        assert!(point[column]["description"].is_string(), "{column}: {point}");
    }
    let record = &description["components"]["schemas"]["TrackRecord"]["properties"];
    assert!(record["ppv"].is_object() && record["is_thin"]["description"].is_string(), "{record}");
    let metrics = reqwest::get(format!("{}/metrics", open.http)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("tidemark_serve_requests_total{"), "{metrics}");
    assert!(metrics.contains("place=\"/api/v1/openapi.json\""), "{metrics}");
    open.close().await;
}

/// What the door answers to one question of a client's.
async fn described(channel: &Channel, question: MessageRequest) -> MessageResponse {
    let request = v1::ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let mut said = client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    said.message().await.unwrap().unwrap().message_response.unwrap()
}

/// The same in the words of older clients.
async fn described_before(channel: &Channel, question: MessageRequestBefore) -> MessageResponseBefore {
    let request = v1alpha::ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let mut said = client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    said.message().await.unwrap().unwrap().message_response.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_describes_itself_to_clients_that_have_no_schema() {
    const SERVICE: &str = "tidemark.v1.Tidemark";
    let open = open_empty().await;
    let channel = Endpoint::from_shared(open.grpc.clone()).unwrap().connect().await.unwrap();

    let answer = described(&channel, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(listed) = &answer else { panic!("{answer:?}") };
    assert!(listed.service.iter().any(|service| service.name == SERVICE), "{listed:?}");
    let answer = described_before(&channel, MessageRequestBefore::ListServices(String::new())).await;
    let MessageResponseBefore::ListServicesResponse(listed) = &answer else { panic!("{answer:?}") };
    assert!(listed.service.iter().any(|service| service.name == SERVICE), "{listed:?}");

    let answer = described(&channel, MessageRequest::FileContainingSymbol(SERVICE.to_owned())).await;
    let MessageResponse::FileDescriptorResponse(file) = &answer else { panic!("{answer:?}") };
    let [file] = &file.file_descriptor_proto[..] else { panic!("not one file: {answer:?}") };
    for method in ["GetHealth", "GetCatalogue", "GetSeries", "ListForecasts", "ListAlerts", "ListFeedHealth"] {
        assert!(file.windows(method.len()).any(|bytes| bytes == method.as_bytes()), "{method}");
    }
    open.close().await;
}
