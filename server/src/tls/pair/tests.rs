use super::*;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use std::{fs, os::unix::fs::PermissionsExt as _};
use tempfile::TempDir;

/// Files for these names, valid in 2030.
fn files(names: &[&str]) -> (TempDir, TlsFiles) {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2030, 1, 1);
    params.not_after = date_time_ymd(2030, 12, 31);
    let key = KeyPair::generate().unwrap();
    let files = TlsFiles { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    fs::write(&files.cert, params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o640)).unwrap();
    (folder, files)
}

fn at(date: &str) -> Timestamp {
    Timestamp(format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

fn refused(files: &TlsFiles) -> String {
    Pair::read(files).err().unwrap().to_string()
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_before_a_browser_says_it() {
    let (_folder, files) = files(&["studio.example", "*.rooms.example"]);
    let pair = Pair::read(&files).unwrap();
    assert_eq!(pair.names, ["studio.example", "*.rooms.example"]);
    let said = |host: &str, date: &str| pair.complaints(host, at(date)).join("; ");
    assert_eq!(said("studio.example", "2030-06-01"), "");
    assert_eq!(said("a.rooms.example", "2030-06-01"), "");
    assert!(said("a.b.rooms.example", "2030-06-01").contains("not for a.b.rooms.example"));
    assert!(said("studio.example", "2029-12-31").contains("begins on 2030-01-01"));
    assert!(said("studio.example", "2030-12-20").contains("ends on 2030-12-31"));
    assert!(said("studio.example", "2031-01-01").contains("ended on 2030-12-31"));
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    let open = Pair::read(&files).unwrap().complaints("studio.example", at("2030-06-01"));
    assert!(open[0].contains("can be read by everybody"), "{open:?}");
}

#[test]
fn files_that_are_no_pair_are_named() {
    let (_folder, one) = files(&["a.example"]);
    let (_other, two) = files(&["a.example"]);
    let mixed = TlsFiles { key: two.key, ..one.clone() };
    assert!(refused(&mixed).contains("is not the key of the first certificate"));
    let swapped = TlsFiles { cert: one.key.clone(), key: one.cert.clone() };
    assert!(refused(&swapped).contains("there is no certificate in it"), "{}", refused(&swapped));
    assert!(refused(&TlsFiles { key: one.cert.clone(), ..one.clone() }).starts_with("TLS_KEY is "));
    assert!(
        refused(&TlsFiles { cert: "/nowhere".into(), ..one.clone() }).starts_with("TLS_CERT is /nowhere")
    );
    fs::write(&one.cert, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(refused(&one).contains("its first certificate is none"));
}
