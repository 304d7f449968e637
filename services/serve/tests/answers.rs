//! The same answers at both doors, over a lake with a series, a forecast and an alert.
#![allow(clippy::unwrap_used)]

mod shared;

use reqwest::StatusCode;
use serde_json::Value;
use shared::{get, open};
use tidemark_serve::proto::{self, tidemark_client::TidemarkClient};

#[tokio::test(flavor = "multi_thread")]
async fn both_doors_give_the_same_answers_and_no_small_cell_shows_a_number() {
    let open = open().await;
    let mut grpc = TidemarkClient::connect(open.grpc.clone()).await.unwrap();

    let (_, catalogue) = get(&open, "/api/v1/catalogue").await;
    let source = &catalogue["sources"][0];
    assert_eq!((&source["source"], &source["unit"]), (&Value::from("simulated"), &Value::from("author")));
    assert_eq!(source["regions"], serde_json::json!(["all", "north"]));
    assert_eq!(source["markers"][0]["name"], "mh.stress");
    let said = grpc.get_catalogue(proto::GetCatalogueRequest {}).await.unwrap().into_inner();
    assert_eq!(said.sources[0].markers[0].title, "Stress (model)");

    let (status, series) = get(&open, "/api/v1/series?source=simulated&marker=mh.stress").await;
    assert_eq!(status, StatusCode::OK, "{series}");
    let points = series["points"].as_array().unwrap();
    assert_eq!(points.len(), shared::DAYS);
    let mut withheld = 0;
    for point in points {
        let numbers = ["value", "lower", "upper", "k", "n", "n_posts", "value_with_bots"];
        if point["status"] == "ok" {
            assert!(numbers.iter().all(|number| point[number].is_number()), "{point}");
            assert!(point["n"].as_u64().unwrap() >= 11, "{point}");
        } else {
            withheld += 1;
            assert!(numbers.iter().all(|number| point[number].is_null()), "{point}");
        }
    }
    assert_eq!(withheld, shared::SMALL_DAYS);
    let ask = proto::GetSeriesRequest {
        source: "simulated".to_owned(),
        marker: "mh.stress".to_owned(),
        ..Default::default()
    };
    let said = grpc.get_series(ask.clone()).await.unwrap().into_inner();
    assert_eq!(said.unit, "author");
    for (rest, grpc) in points.iter().zip(&said.points) {
        assert_eq!(rest["end"], grpc.end.as_str());
        assert_eq!(rest["status"], grpc.status.as_str());
        assert_eq!(rest["value"].as_f64(), grpc.value);
        assert_eq!(rest["n"].as_u64(), grpc.n);
        assert_eq!(rest["reliability"].as_str().unwrap_or_default(), grpc.reliability);
        assert_eq!(rest["suspect"].as_str(), grpc.suspect.as_deref());
        for (number, told) in [
            ("baseline", grpc.baseline),
            ("z", grpc.z),
            ("ratio", grpc.ratio),
            ("adjusted", grpc.adjusted),
            ("adjusted_lower", grpc.adjusted_lower),
            ("adjusted_upper", grpc.adjusted_upper),
            ("weighted", grpc.weighted),
            ("weighted_lower", grpc.weighted_lower),
            ("weighted_upper", grpc.weighted_upper),
            ("value_with_bots", grpc.value_with_bots),
        ] {
            let said = rest[number].as_f64();
            assert_eq!(said.is_some(), told.is_some(), "{number}: {rest}");
            assert!((said.unwrap_or_default() - told.unwrap_or_default()).abs() < 1e-12, "{number}: {rest}");
        }
    }

    let (_, cut) = get(&open, "/api/v1/series?source=simulated&marker=mh.stress&from=2026-03-03&to=2026-03-05").await;
    assert_eq!(cut["points"].as_array().unwrap().len(), 3);

    // 40 of 200 on each day but every tenth, which is withheld and a gap in baselines.
    let beside = |day: usize| ["baseline", "z", "ratio"].map(|number| points[day][number].as_f64());
    assert_eq!(points[28]["reliability"], "high");
    let [baseline, z, ratio] = beside(28).map(Option::unwrap);
    assert!((baseline - 0.2).abs() < 1e-12 && z.abs() < 1e-9 && (ratio - 1.0).abs() < 1e-9, "{}", points[28]);
    assert_eq!((beside(27), beside(29)), ([None; 3], [None; 3]), "fewer than four days that are shown");
    let [baseline, z, ratio] = beside(35);
    assert!((baseline.unwrap() - 0.2).abs() < 1e-12 && z.is_none() && ratio.is_none(), "{}", points[35]);
    assert!(points[35]["reliability"].is_null(), "{}", points[35]);
    // What is asked for is cut, and not what it is compared with.
    let (_, cut) = get(&open, "/api/v1/series?source=simulated&marker=mh.stress&from=2026-04-05&to=2026-04-09").await;
    assert_eq!(cut["points"].as_array().unwrap()[..], points[35..40]);

    // Two days on which the feed is suspect, and not the one between; their numbers are shown.
    let suspect = |points: &[Value]| -> Vec<String> {
        let of = points.iter().filter(|point| point["suspect"] == "no posts; 120 are usual");
        of.map(|point| point["end"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(suspect(points), ["2026-03-10", "2026-03-12"]);
    assert!(points[9]["value"].is_number() && points[10]["suspect"].is_null(), "{}", points[9]);
    let (_, north) = get(&open, "/api/v1/series?source=simulated&marker=mh.stress&region=north&to=2026-03-10").await;
    assert_eq!(suspect(north["points"].as_array().unwrap()), ["2026-03-10"], "a feed is a source as a whole");

    // 40 of 200 people with 203 posts, without the marker's errors; who is in no place but the north counts as the north does.
    let number = |point: &Value, name: &str| point[name].as_f64().unwrap();
    assert!((number(&points[28], "adjusted") - 0.1992).abs() < 1e-4, "{}", points[28]);
    assert!((number(&points[28], "weighted") - 0.2).abs() < 1e-9, "{}", points[28]);
    for three in [["adjusted_lower", "adjusted", "adjusted_upper"], ["weighted_lower", "weighted", "weighted_upper"]] {
        assert!(three.map(|name| number(&points[28], name)).is_sorted(), "{}", points[28]);
        assert!(three.iter().all(|name| points[35][*name].is_null()), "withheld: {}", points[35]);
    }
    assert!((number(&points[28], "value_with_bots") - 60.0 / 220.0).abs() < 1e-12, "{}", points[28]);
    let (_, north) = get(&open, "/api/v1/series?source=simulated&marker=mh.stress&region=north").await;
    let point = &north["points"][28];
    assert!(point["adjusted"].is_number() && point["weighted"].is_null(), "one region is not weighted: {point}");

    let (_, forecasts) = get(&open, "/api/v1/forecasts?source=simulated&marker=mh.stress").await;
    assert_eq!(forecasts["threshold"], 0.25);
    assert_eq!(forecasts["days"].as_array().unwrap().len(), shared::HORIZON);
    assert_eq!(forecasts["days"][0]["quantiles"].as_array().unwrap().len(), 23);
    let exceed = forecasts["days"][0]["p_exceed"].as_f64().unwrap();
    assert!((0.01..=0.99).contains(&exceed), "{exceed}");
    // Above the 0.75 quantile of each day one course of four, and on the next day another.
    assert_eq!(forecasts["p_exceed_within"], 0.5);
    let ahead = proto::ListForecastsRequest {
        source: "simulated".to_owned(),
        marker: "mh.stress".to_owned(),
        ..Default::default()
    };
    let said = grpc.list_forecasts(ahead).await.unwrap().into_inner();
    assert_eq!((said.threshold, said.p_exceed_within), (Some(0.25), Some(0.5)));
    assert!((said.days[0].p_exceed.unwrap() - exceed).abs() < 1e-12);

    let (_, alerts) = get(&open, "/api/v1/alerts?state=open").await;
    assert_eq!(alerts["alerts"].as_array().unwrap().len(), 1);
    assert_eq!(alerts["alerts"][0]["lead_days"], 5);
    assert_eq!(alerts["alerts"][0]["title"], "Stress (model)");
    let record = &alerts["alerts"][0]["track_record"];
    assert_eq!(
        (&record["episodes"], &record["right"], &record["ppv"]["value"]),
        (&Value::from(4), &Value::from(3), &Value::from(0.75))
    );
    assert_eq!((&record["sensitivity"], &record["lead_days"]), (&Value::Null, &Value::Null), "nothing came");
    assert_eq!(record["is_thin"], true, "four alerts");
    let said = grpc.list_alerts(proto::ListAlertsRequest { state: "open".to_owned() }).await.unwrap().into_inner();
    let told = said.alerts[0].track_record.clone().unwrap();
    assert_eq!((told.from.as_str(), told.judged_days, told.false_alarms_per_month), ("2026-03-01", 30, Some(1.0)));
    assert!(told.is_thin);
    let upper = told.ppv.unwrap().upper;
    assert!((upper - record["ppv"]["upper"].as_f64().unwrap()).abs() < 1e-12 && told.sensitivity.is_none());
    let said = grpc.list_alerts(proto::ListAlertsRequest { state: "resolved".to_owned() }).await.unwrap().into_inner();
    assert!(said.alerts.is_empty());

    let (_, answer) = get(&open, "/api/v1/signals").await;
    let judged = serde_json::json!([
        {"source": "simulated", "last_day": "2026-04-09", "issued_at": "2026-04-10T01:00:00Z"},
    ]);
    assert_eq!(answer["judged"], judged);
    let signals = answer["signals"].as_array().unwrap();
    let kinds: Vec<_> = signals.iter().map(|signal| signal["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["marker", "data_quality"], "the latest first");
    assert_eq!((&signals[0]["title"], &signals[0]["score"]), (&Value::from("Stress (model)"), &Value::from(7.5)));
    assert_eq!((&signals[1]["title"], &signals[1]["score"]), (&Value::Null, &Value::Null));
    assert_eq!(signals[1]["reasons"], serde_json::json!(["no posts; 120 are usual"]));
    for (narrower, count) in [
        ("kind=marker", 1),
        ("source=simulated&from=2026-03-13&to=2026-03-31", 1),
        ("from=2026-03-11&to=2026-03-11", 1),
        ("from=2026-03-13&to=2026-03-20", 0),
        ("to=2026-03-09", 0),
    ] {
        let (_, some) = get(&open, &format!("/api/v1/signals?{narrower}")).await;
        assert_eq!(some["signals"].as_array().unwrap().len(), count, "{narrower}");
    }
    let quality = proto::ListSignalsRequest { kind: "data_quality".to_owned(), ..Default::default() };
    let said = grpc.list_signals(quality).await.unwrap().into_inner();
    let days = (said.signals[0].first_day.as_str(), said.signals[0].last_day.as_str(), said.signals[0].days);
    assert_eq!(days, ("2026-03-10", "2026-03-12", 2));
    assert_eq!((said.judged[0].source.as_str(), said.judged[0].last_day.as_str()), ("simulated", "2026-04-09"));
    assert_eq!((said.signals[0].score, said.signals[0].marker.as_str()), (None, ""));

    let refused =
        grpc.get_series(proto::GetSeriesRequest { marker: "mh.nothing".to_owned(), ..ask }).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound);
    assert!(refused.message().contains("mh.nothing"), "{}", refused.message());
    open.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_issued_anew_is_answered_as_it_was() {
    let open = open().await;
    let between = shared::between_commits().await;
    shared::issue_anew(&open, jiff::civil::date(2026, 3, 1), 60, 240).await;
    let mut grpc = TidemarkClient::connect(open.grpc.clone()).await.unwrap();

    let mut said = Vec::new();
    for as_of in [String::new(), between.to_string()] {
        let also = if as_of.is_empty() { String::new() } else { format!("&as_of={as_of}") };
        let (status, rest) = get(&open, &format!("/api/v1/series?source=simulated&marker=mh.stress{also}")).await;
        assert_eq!(status, StatusCode::OK, "{rest}");
        assert_eq!(rest["points"].as_array().unwrap().len(), shared::DAYS);
        let ask = proto::GetSeriesRequest {
            source: "simulated".to_owned(),
            marker: "mh.stress".to_owned(),
            as_of,
            ..Default::default()
        };
        let grpc = grpc.get_series(ask).await.unwrap().into_inner();
        let point = &rest["points"][0];
        assert_eq!((point["k"].as_u64(), point["n"].as_u64()), (grpc.points[0].k, grpc.points[0].n));
        // What stands beside a number is of that time, too.
        assert!(point["weighted"].is_number() && point["adjusted"].is_number(), "{point}");
        said.push((point["k"].clone(), point["n"].clone(), point["issued_at"].clone()));
    }
    let told = |k: u64, n: u64, issued_at: &str| (Value::from(k), Value::from(n), Value::from(issued_at));
    assert_eq!(said, [told(60, 240, "2026-04-11T00:00:00Z"), told(40, 200, "2026-04-10T00:00:00Z")]);

    let long_ago = "/api/v1/series?source=simulated&marker=mh.stress&as_of=2001-01-01T00:00:00Z";
    let (status, before) = get(&open, long_ago).await;
    assert_eq!((status, &before["points"]), (StatusCode::OK, &serde_json::json!([])));
    open.close().await;
}
