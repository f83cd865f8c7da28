use super::*;
use std::os::unix::fs::symlink;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn written(bytes: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = folder();
    let path = folder.path().join("session.key");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    (folder, path)
}

#[test]
fn the_key_is_made_once_and_only_its_owner_reads_it() {
    let folder = folder();
    let path = folder.path().join("session.key");
    let key = load_or_create_key(&path).unwrap();
    assert_eq!(key.len(), KEY_BYTES);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(load_or_create_key(&path).unwrap(), key);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft stays behind");

    let other = load_or_create_key(&folder.path().join("other.key")).unwrap();
    assert_ne!(key, other);
}

#[test]
fn processes_that_start_at_once_get_the_same_key() {
    let folder = folder();
    let path = folder.path().join("session.key");
    let keys: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_create_key(&path).unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_way_to_mend_it() {
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601, 0o777] {
        let (_folder, path) = written(&[7; 64], mode);
        let error = load_or_create_key(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("chmod 600 {}", path.display())), "{error}");
        assert!(error.contains(&format!("{mode:04o}")), "{error}");
        assert_eq!(fs::read(&path).unwrap(), [7; 64], "and left alone");
    }
    let (_folder, path) = written(&[7; 64], 0o400);
    assert_eq!(load_or_create_key(&path).unwrap(), [7; 64]);
}

#[test]
fn what_is_too_short_or_too_long_for_a_key_is_refused_and_left_alone() {
    for length in [0, 1, 31, 4097, 1_000_000] {
        let (_folder, path) = written(&vec![7; length], 0o600);
        let error = load_or_create_key(&path).unwrap_err();
        assert!(matches!(error, KeyError::NotAKey { .. }), "{error}");
        assert!(error.to_string().contains("Delete it"), "{error}");
        assert_eq!(fs::metadata(&path).unwrap().len(), length as u64);
    }
    let (_folder, path) = written(&[7; 32], 0o600);
    assert_eq!(load_or_create_key(&path).unwrap().len(), 32);
}

#[test]
fn a_folder_a_dangling_link_and_a_missing_folder_are_refused_by_name() {
    let folder = folder();
    assert!(matches!(load_or_create_key(folder.path()).unwrap_err(), KeyError::NotAKey { .. }));

    let link = folder.path().join("link.key");
    symlink(folder.path().join("nowhere"), &link).unwrap();
    assert!(load_or_create_key(&link).is_err());

    let missing = folder.path().join("missing/session.key");
    let error = load_or_create_key(&missing).unwrap_err().to_string();
    assert!(error.contains("missing/session.key") && error.contains("written"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the link");
}
