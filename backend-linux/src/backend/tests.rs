use super::*;

#[test]
fn the_privilege_is_read_from_the_effective_set() {
    let status = |bits: &str| format!("Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t{bits}\n");
    assert!(may_change(&status("000001ffffffffff")));
    assert!(may_change(&status("0000000000001000")));
    assert!(!may_change(&status("0000000000000000")));
    assert!(!may_change(&status("ffffffffffffefff")));
    assert!(!may_change(""));
}
