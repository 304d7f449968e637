//! The disk fills up under a running platform: it says so and stops with the documented code; with space again and the
//! same commands, nothing is lost and nothing doubled.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::process::Command;
use tidemark_e2e::{Platform, Program};
use tidemark_simulator::{Scenario, Simulation, files};

const CONFIG: &str = "
[annotate]
lexica_only = true
[aggregate]
commit_age_ms_max = 200
refresh_interval_s = 1
";
/// Set where the test runs in a mount namespace of its own: the folder it may mount over.
const DISK: &str = "TIDEMARK_TEST_DISK";
/// Too little for what follows, enough to start.
const SMALL: &str = "size=7m";
const ENOUGH: &str = "size=1g";

fn mount(options: &str, folder: &Path) {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).status();
    assert!(mounted.expect("mount can be run").success(), "a disk of {options}");
}

fn unshared() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount"]);
    command
}

#[test]
fn a_disk_that_fills_up_loses_nothing() {
    let Some(disk) = std::env::var_os(DISK) else {
        if !unshared().arg("true").status().is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("CI").is_none(), "this machine lets nobody mount a small disk");
            println!("NOT RUN: this machine lets nobody mount a small disk");
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let mut again = unshared();
        again.arg(std::env::current_exe().expect("a test is a file")).args(["--exact", "--nocapture"]);
        again.arg("a_disk_that_fills_up_loses_nothing").env(DISK, folder.path());
        assert!(again.status().expect("unshare can be run").success());
        return;
    };
    let disk = Path::new(&disk);
    mount(SMALL, disk);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join("posts.ndjson");
    let simulation = Simulation::new(Scenario::default_for(9, 60, 300.0)).expect("a scenario");
    let rows =
        files::write_posts(&simulation, std::fs::File::create(&file).expect("created"), |_| {}).expect("written");

    let program = Program::find();
    let mut platform = Platform::start(&program, &disk.join("data"), CONFIG);
    let mut ingest = platform.ingest_beside(&file, &["--wait"]);
    let code = platform.stopped_itself();
    let said = platform.log();
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("is the disk full") && !said.contains("panicked at"), "{said}");
    platform.kill();
    let _ = ingest.wait();

    mount(&format!("remount,{ENOUGH}"), disk);
    let platform = Platform::start(&program, &disk.join("data"), CONFIG);
    platform.ingest(&file, &[]);
    let counted = platform.sql("SELECT count(*) AS n, count(DISTINCT event_id) AS events FROM events");
    assert_eq!((counted[0]["n"].as_u64(), counted[0]["events"].as_u64()), (Some(rows), Some(rows)));
    platform.stop();
}
