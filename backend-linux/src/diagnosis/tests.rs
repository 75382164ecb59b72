use super::*;

#[test]
fn a_host_without_bonds_has_nothing_wrong_with_it() {
    assert_eq!(diagnose(&Snapshot::default(), &Facts::default()), []);
}
