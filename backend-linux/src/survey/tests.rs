use super::*;

#[test]
fn an_address_that_another_station_has_is_known_by_its_flag() {
    let text = "fe80000000000000000000000000aa01 04 40 20 80     eth0\n\
        20010db8000100000000000000000034 05 40 00 88    bond0\n\
        20010db8000100000000000000000035 05 40 00 80    bond0\n";
    assert_eq!(dad_failed(text), [("bond0".parse().unwrap(), "2001:db8:1::34/64".parse().unwrap())]);
    assert_eq!(dad_failed("nonsense\n\n0 0 0 0 zz x\n"), []);
}
